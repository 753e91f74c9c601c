"""Results with names: attributes, keys and places, as transformers has them."""

from __future__ import annotations

from typing import Any


class ModelOutput(dict[str, Any]):
    """A result whose parts have names. Parts that are None are no keys, but can be asked for as attributes.

    >>> output = ModelOutput(loss=None, logits=5)
    >>> output.logits, output[0], output["logits"], output.loss
    (5, 5, 5, None)
    """

    def __init__(self, **parts: Any) -> None:
        super().__init__({name: part for name, part in parts.items() if part is not None})
        self._names = tuple(parts)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._names:
            return self.get(name)
        raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self)}")

    def __getitem__(self, name: Any) -> Any:
        return super().__getitem__(name) if isinstance(name, str) else self.to_tuple()[name]

    def to_tuple(self) -> tuple[Any, ...]:
        """The parts that are there, in their order."""
        return tuple(self.values())

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={part!r}" for name, part in self.items())
        return f"{type(self).__name__}({parts})"


class GenerateDecoderOnlyOutput(ModelOutput):
    """What greedy search and sampling give: ``sequences``, and ``scores`` and ``logits`` where asked for."""


class GenerateBeamDecoderOnlyOutput(ModelOutput):
    """What a beam search gives: beside those ``sequences_scores`` and ``beam_indices``."""


class CausalLMOutput(ModelOutput):
    """What a model's call gives: ``logits``, and ``loss`` where there are labels."""
