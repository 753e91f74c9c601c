"""A model's vocabulary in the words of its `tokenizer.json`: tokens as `convert_ids_to_tokens` names them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from beamline.engine import Engine
from beamline.transformers import files


def _letters_of_bytes() -> dict[int, str]:
    """A letter that can be seen for each byte: the byte's own where it can, else one from U+0100 on, in order."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in seen]
    return {byte: chr(byte) for byte in seen} | {byte: chr(256 + place) for place, byte in enumerate(hidden)}


class Vocabulary:
    """Tokens by their ids, and ids by their tokens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tokenizer = engine.tokenizer

    def __len__(self) -> int:
        return len(self._tokenizer)

    @cached_property
    def tokens(self) -> list[str]:
        """Every token, as the model's files write it; as letters for its bytes where it has no such file."""
        found: dict[int, str] = {}
        described = files.read_json(files.folder(self._engine.model), "tokenizer.json")
        vocabulary: Any = described.get("model", {}).get("vocab", {})
        if isinstance(vocabulary, dict):
            found = {number: token for token, number in vocabulary.items()}
        elif isinstance(vocabulary, list):
            found = {number: token for number, (token, _) in enumerate(vocabulary)}
        found.update({one["id"]: one["content"] for one in described.get("added_tokens", [])})
        missing = [number for number in range(len(self)) if number not in found]
        found.update(zip(missing, self._by_bytes(missing), strict=True))
        return [found[number] for number in range(len(self))]

    def _by_bytes(self, numbers: list[int]) -> list[str]:
        """Tokens as files would write them: a letter for each byte, or as SentencePiece writes pieces."""
        own = [self._tokenizer.token_bytes(number) for number in numbers]
        # Where pieces are texts, single bytes stand beside them as tokens of their own, and before them.
        bytes_first = {one: place for place, one in reversed(list(enumerate(own))) if len(one) == 1}
        if own.count(b"a") > 1:
            return [
                f"<0x{one[0]:02X}>" if bytes_first.get(one) == place else one.decode(errors="replace").replace(" ", "▁")
                for place, one in enumerate(own)
            ]
        letters = _letters_of_bytes()
        return [
            one.decode(errors="replace")
            if self._tokenizer.is_special(number)
            else "".join(letters[byte] for byte in one)
            for number, one in zip(numbers, own, strict=True)
        ]

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of every token."""
        return {token: number for number, token in reversed(list(enumerate(self.tokens)))}

    def id_of(self, token: str) -> int | None:
        """The id of a token as it is written, or whose text it is; None where there is none."""
        if token in self.ids:
            return self.ids[token]
        try:
            return self._tokenizer.id_of(token)
        except ValueError:
            return None

    @cached_property
    def special(self) -> list[int]:
        """The ids of special tokens."""
        return [number for number in range(len(self)) if self._tokenizer.is_special(number)]
