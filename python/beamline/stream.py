"""Texts as they come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from beamline import _beamline
from beamline.results import Completion

if TYPE_CHECKING:
    from beamline.engine import Engine


@dataclass(frozen=True)
class TextDelta:
    """News of one sequence.

    Attributes:
        text: the new text; it may be empty while a character, or what may begin a stop string, is still coming.
        token_ids: the new tokens.
        prompt: the prompt's number, from 0.
        sequence: the sequence's number among its prompt's, from 0.
        finish_reason: ``eos``, ``length``, ``stop`` or ``time`` with the last news, else None.
        stop_string: the stop string that ended it.
    """

    text: str
    token_ids: list[int]
    prompt: int
    sequence: int
    finish_reason: str | None
    stop_string: str | None

    def __str__(self) -> str:
        return self.text


class Stream(Iterator[TextDelta], AsyncIterator[TextDelta]):
    """The texts of prompts as they come, for ``for`` and for ``async for``. Letting go of it ends the generation.

    Searches whose texts may change until they end (beams) give all of it at the end.
    """

    def __init__(self, engine: Engine, run: _beamline.Run) -> None:
        self._engine = engine
        self._run = run
        self._ready: deque[TextDelta] = deque()
        self._completion: Completion | None = None

    def __iter__(self) -> Stream:
        return self

    def _advance(self) -> TextDelta | None:
        while not self._ready:
            if self._run.is_done:
                return None
            self._run.step()
            self._ready.extend(
                TextDelta(text, list(ids), prompt, sequence, reason, stop)
                for prompt, sequence, text, ids, reason, stop in self._run.news()
            )
        return self._ready.popleft()

    def __next__(self) -> TextDelta:
        news = self._advance()
        if news is None:
            raise StopIteration
        return news

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> TextDelta:
        news = await asyncio.to_thread(self._advance)
        if news is None:
            raise StopAsyncIteration
        return news

    @property
    def completion(self) -> Completion:
        """All that has come out so far, with every number."""
        if self._completion is not None:
            return self._completion
        completion = Completion(self._engine, self._run.completion())
        if self._run.is_done:
            self._completion = completion
        return completion
