"""Text in, token ids out, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from beamline import _beamline


class Tokenizer:
    """A model's tokenizer: ``engine.tokenizer``.

    >>> import beamline
    >>> tokenizer = beamline.Engine().tokenizer
    >>> tokenizer.decode(tokenizer.encode("Once upon a time"))
    'Once upon a time'
    """

    def __init__(self, native: _beamline.Tokenizer) -> None:
        self._native = native

    def encode(self, text: str, *, as_written: bool = False) -> npt.NDArray[np.int64]:
        """The token ids of a text, ``[n]``; with the model's begin token where its tokenizer adds one, unless ``as_written``."""
        return self._native.encode(text, as_written)

    def encode_many(self, texts: Iterable[str]) -> list[npt.NDArray[np.int64]]:
        """The token ids of each text."""
        return self._native.encode_batch(list(texts))

    def decode(self, ids: Iterable[int] | int, *, skip_special_tokens: bool = False) -> str:
        """The text of token ids.

        Raises:
            ValueError: when an id is beyond the vocabulary.
        """
        numbers = [ids] if isinstance(ids, (int, np.integer)) else ids
        return self._native.decode([int(token) for token in numbers], skip_special_tokens)

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """Each token alone as text; U+FFFD where its bytes are part of a character."""
        return [self._native.token_text(int(token)) for token in ids]

    def token_bytes(self, token: int) -> bytes:
        """A token's own bytes."""
        return self._native.token_bytes(int(token))

    def id_of(self, text: str) -> int:
        """The token whose bytes are exactly this text.

        Raises:
            ValueError: when there is none.
        """
        return self._native.id_of(text)

    def is_special(self, token: int) -> bool:
        """Whether a token is special: an end token, a role, and the like."""
        return self._native.is_special(int(token))

    @property
    def begin(self) -> int | None:
        """The token that an empty prompt begins with."""
        return self._native.begin

    @property
    def warnings(self) -> list[str]:
        """What was made of the model's files in another way than they have it."""
        return self._native.warnings

    def __len__(self) -> int:
        return len(self._native)
