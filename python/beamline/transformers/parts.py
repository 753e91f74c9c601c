"""Processors and stopping criteria of transformers, as functions that the engine calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from beamline.own import Processor
from beamline.transformers.arrays import Kind, from_numpy, to_numpy

#: Where transformers puts a caller's own processors, and what `prefix_allowed_tokens_fn` makes.
AFTER_BANS, AFTER_LENGTHS = "begin_suppress_tokens", "min_new_tokens"


class LogitsProcessor:
    """A part that shapes scores: ``__call__(input_ids, scores)`` with ``[1, n]`` tokens and ``[1, vocab]`` scores.

    Rows are asked for one at a time, so one must not look at its neighbours.
    """

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """The new scores."""
        raise NotImplementedError(
            "a processor must say what it makes of scores: define __call__(self, input_ids, scores)"
        )


class LogitsProcessorList(list[Any]):
    """Processors, one after another."""

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """The scores after all of them."""
        for processor in self:
            scores = processor(input_ids, scores)
        return scores


class StoppingCriteria:
    """A rule that ends texts: ``__call__(input_ids, scores)`` with ``[1, n]`` tokens, the new one last; ``scores`` is None."""

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        """Whether the text ends there."""
        raise NotImplementedError(
            "a criterion must say where texts end: define __call__(self, input_ids, scores, **kwargs)"
        )


class StoppingCriteriaList(list[Any]):
    """Criteria, any of which ends a text."""

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        """Whether any of them ends the text."""
        return any(bool(to_numpy(one(input_ids, scores, **kwargs)).any()) for one in self)


def processor(given: Callable[..., Any], kind: Kind, before: npt.NDArray[np.int64]) -> Processor:
    """A processor of transformers as the engine's own, for a row that has this padding before its tokens."""
    name = type(given).__name__ if not hasattr(given, "__name__") else str(given.__name__)

    def shaped(tokens: npt.NDArray[np.int64], scores: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        ids = from_numpy(np.concatenate([before, tokens])[None], kind)
        found = given(ids, from_numpy(scores[None].copy(), kind))
        if found is None:
            raise TypeError(f"{name} gave None; it must give the scores")
        return np.asarray(to_numpy(found)[0], np.float32)

    return Processor(shaped, AFTER_BANS, name)


def rule(given: Callable[..., Any], kind: Kind, before: npt.NDArray[np.int64]) -> Callable[..., bool]:
    """A stopping criterion of transformers as a rule of the engine's."""

    def ends(tokens: npt.NDArray[np.int64], prompt_len: int) -> bool:
        del prompt_len
        ids = from_numpy(np.concatenate([before, tokens])[None], kind)
        return bool(to_numpy(given(ids, None)).any())

    return ends


def allowed(given: Callable[[int, Any], Any], row: int, kind: Kind, before: npt.NDArray[np.int64]) -> Processor:
    """What ``prefix_allowed_tokens_fn`` allows, as a processor of a row."""

    def shaped(tokens: npt.NDArray[np.int64], scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        ids = from_numpy(np.concatenate([before, tokens]), kind)
        may = [int(token) for token in given(row, ids)]
        if not may:
            raise ValueError("prefix_allowed_tokens_fn allowed no token; it must always allow one at the least")
        kept = np.full_like(scores, -np.inf)
        kept[may] = scores[may]
        return kept

    return Processor(shaped, AFTER_LENGTHS, "prefix_allowed_tokens_fn")
