"""Rows of token ids with their padding in, prompts without it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from beamline.notices import once
from beamline.transformers.arrays import to_numpy


@dataclass(frozen=True)
class Prompts:
    """The prompts of a call.

    Attributes:
        given: the rows as they were given, ``[rows, width]``.
        texts: each row's tokens without its padding.
    """

    given: npt.NDArray[np.int64]
    texts: list[list[int]]

    @property
    def width(self) -> int:
        """How long rows are with their padding."""
        return int(self.given.shape[1])

    def padding_of(self, row: int) -> npt.NDArray[np.int64]:
        """What stands before a row's tokens."""
        return self.given[row, : self.width - len(self.texts[row])]


def rows_of(input_ids: Any, name: str = "input_ids") -> npt.NDArray[np.int64]:
    """Token ids as an array ``[rows, width]``.

    Raises:
        ValueError: when they are none, or have another shape.
    """
    if hasattr(input_ids, "keys"):
        raise ValueError(f"{name} got all that the tokenizer gave; unpack it, as in model.generate(**inputs)")
    ids = to_numpy(input_ids)
    if ids.ndim != 2 or ids.dtype.kind not in "iu" or not ids.size:
        raise ValueError(
            f"{name} must be token ids [rows, width], as return_tensors='pt' gives them; got {ids.dtype} {list(ids.shape)}"
        )
    return ids.astype(np.int64, copy=False)


def mask_of(given: Any, ids: npt.NDArray[np.int64], pad: int | None, ends: list[int]) -> npt.NDArray[np.bool_]:
    """Which ids are tokens of the text: by the mask, else all but padding tokens that are no end tokens too.

    Raises:
        ValueError: when the mask has another shape.
    """
    if given is None:
        tells = pad is not None and pad not in ends
        return np.asarray(ids != pad) if tells else np.ones(ids.shape, np.bool_)
    mask = to_numpy(given)
    if mask.shape != ids.shape:
        raise ValueError(f"attention_mask must have the shape of input_ids {list(ids.shape)}, got {list(mask.shape)}")
    return np.asarray(mask != 0)


def prompts_of(ids: npt.NDArray[np.int64], mask: npt.NDArray[np.bool_]) -> Prompts:
    """Prompts without their padding.

    Raises:
        ValueError: when padding stands inside a text, or a row has no token.
    """
    texts = []
    for number, (row, own) in enumerate(zip(ids, mask, strict=True)):
        places = np.flatnonzero(own)
        if not places.size:
            raise ValueError(f"row {number} has no token that its attention_mask lets be seen")
        if places[-1] - places[0] + 1 != places.size:
            raise ValueError(
                f"row {number}: attention_mask hides tokens inside the text; only those around it can be hidden"
            )
        texts.append([int(token) for token in row[own]])
    return Prompts(ids, texts)


def warn_of_padding(mask: npt.NDArray[np.bool_]) -> None:
    """Says once that padding on the right is not what transformers goes on from."""
    if not mask[:, -1].all():
        once(
            "prompts are padded on the right; set padding_side='left', as transformers needs it. "
            "Here texts go on where they end"
        )
