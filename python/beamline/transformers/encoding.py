"""Token ids of texts in, rows of one length out: what a tokenizer's call gives."""

from __future__ import annotations

from collections import UserDict
from typing import Any

import numpy as np

from beamline.transformers.arrays import Kind, from_numpy, tensors_asked_for
from beamline.transformers.opening import device_noted

_TENSORS = {"np": Kind.NUMPY, "numpy": Kind.NUMPY, "pt": None, "pytorch": None}


class BatchEncoding(UserDict[str, Any]):
    """What a tokenizer made of texts: ``input_ids`` and ``attention_mask``, by name or as attributes."""

    def __getattr__(self, name: str) -> Any:
        if name != "data" and name in self.data:
            return self.data[name]
        raise AttributeError(f"a tokenizer's result has no {name!r}")

    def __getitem__(self, name: Any) -> Any:
        if not isinstance(name, str):
            raise KeyError(f"a tokenizer's result has {', '.join(self.data)}; got {name!r}")
        return self.data[name]

    def to(self, device: Any, **_: Any) -> BatchEncoding:
        """Itself. Tensors of torch are moved; all else is on the CPU, which is where this engine computes."""
        for name, value in self.data.items():
            if type(value).__module__.split(".", 1)[0] == "torch":
                self.data[name] = value.to(device)
                continue
            device_noted(device)
        return self

    def convert_to_tensors(self, tensor_type: str | None) -> BatchEncoding:
        """Makes tensors of the rows: ``pt`` or ``np``.

        Raises:
            ValueError: when rows differ in length, or there is no such kind.
        """
        if tensor_type is None:
            return self
        name = str(getattr(tensor_type, "value", tensor_type))
        if name not in _TENSORS:
            raise ValueError(f"return_tensors must be 'pt' or 'np', got {name!r}")
        kind = _TENSORS[name] or tensors_asked_for()
        for key, rows in self.data.items():
            nested = bool(rows) and isinstance(rows[0], list)
            if nested and len({len(row) for row in rows}) > 1:
                raise ValueError(
                    f"{key}: texts of different lengths make no tensor; activate padding with padding=True, and "
                    "truncation with truncation=True where one is too long"
                )
            self.data[key] = from_numpy(np.array(rows, np.int64), kind)
        return self


def cut(ids: list[int], most: int, kept: int, side: str) -> list[int]:
    """Ids, at most so many, without the last ones or the first; the first ``kept`` stay in any case."""
    if len(ids) <= most:
        return ids
    if side == "left":
        return [*ids[:kept], *ids[len(ids) - max(most - kept, 0) :]][:most]
    return ids[:most]


def length_of(rows: list[list[int]], padding: Any, max_length: int | None, multiple: int | None) -> int | None:
    """How long rows are to be; None where each keeps its length.

    Raises:
        ValueError: when there is no such way to pad.
    """
    way = {True: "longest", False: "do_not_pad", None: "do_not_pad"}.get(padding, padding)
    way = str(getattr(way, "value", way))
    if way == "do_not_pad":
        return None
    if way not in ("longest", "max_length"):
        raise ValueError(f"padding must be True, 'longest', 'max_length' or False, got {padding!r}")
    most = max((len(row) for row in rows), default=0)
    if way == "max_length" and max_length is not None:
        most = max_length
    return most if not multiple else -(-most // multiple) * multiple


def padded(rows: list[list[int]], length: int | None, pad: int, side: str) -> tuple[list[list[int]], list[list[int]]]:
    """Rows of a length, and their masks: 1 for a token, 0 for padding.

    >>> padded([[5], [6, 7]], 2, 0, "left")
    ([[0, 5], [6, 7]], [[0, 1], [1, 1]])
    """
    all_rows, masks = [], []
    for row in rows:
        missing = 0 if length is None else max(length - len(row), 0)
        fill, mask = [pad] * missing, [1] * len(row)
        all_rows.append([*fill, *row] if side == "left" else [*row, *fill])
        masks.append([*([0] * missing), *mask] if side == "left" else [*mask, *([0] * missing)])
    return all_rows, masks
