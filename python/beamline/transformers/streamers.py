"""Texts as they come: token ids in, words out."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Queue
from typing import Any

from beamline.transformers.arrays import to_lists

#: Blocks of characters that are words of their own: texts in them are shown character by character.
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class BaseStreamer:
    """What ``generate(streamer=...)`` tells of tokens: first the prompt's, then each new one."""

    def put(self, value: Any) -> None:
        """Hears of tokens."""
        raise NotImplementedError

    def end(self) -> None:
        """Hears that there are no more."""
        raise NotImplementedError


class TextStreamer(BaseStreamer):
    """Prints a text word by word while it comes.

    Args:
        tokenizer: what decodes it.
        skip_prompt: whether the prompt is left out.
        decode_kwargs: arguments of ``tokenizer.decode``, such as ``skip_special_tokens``.
    """

    def __init__(self, tokenizer: Any, skip_prompt: bool = False, **decode_kwargs: Any) -> None:
        self.tokenizer, self.skip_prompt, self.decode_kwargs = tokenizer, skip_prompt, decode_kwargs
        self._tokens: list[int] = []
        self._shown = 0
        self._at_prompt = True

    def _text(self) -> str:
        return str(self.tokenizer.decode(self._tokens, **self.decode_kwargs))

    def put(self, value: Any) -> None:
        """Shows as much as can no longer change: whole words, and whole lines.

        Raises:
            ValueError: for several texts at once.
        """
        ids = to_lists(value)
        if ids and isinstance(ids[0], list):
            if len(ids) > 1:
                raise ValueError("TextStreamer only supports batch size 1")
            ids = ids[0]
        at_prompt, self._at_prompt = self._at_prompt, False
        if at_prompt and self.skip_prompt:
            return
        self._tokens.extend(ids)
        text = self._text()
        if text.endswith("\n"):
            new, self._tokens, self._shown = text[self._shown :], [], 0
        else:
            whole = bool(text) and any(first <= ord(text[-1]) <= last for first, last in _IDEOGRAPHS)
            until = len(text) if whole else text.rfind(" ") + 1
            new = text[self._shown : until]
            self._shown += len(new)
        self.on_finalized_text(new)

    def end(self) -> None:
        """Shows the rest."""
        rest = self._text()[self._shown :] if self._tokens else ""
        self._tokens, self._shown, self._at_prompt = [], 0, True
        self.on_finalized_text(rest, stream_end=True)

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Prints new text, and a line break at the end; subclasses do something else with it."""
        print(text, flush=True, end="\n" if stream_end else "")


class TextIteratorStreamer(TextStreamer):
    """Gives a text word by word to a ``for`` in another thread.

    Args:
        tokenizer: what decodes it.
        skip_prompt: whether the prompt is left out.
        timeout: seconds after which waiting for the next word raises ``queue.Empty``; None waits for ever.
        decode_kwargs: arguments of ``tokenizer.decode``.
    """

    def __init__(
        self, tokenizer: Any, skip_prompt: bool = False, timeout: float | None = None, **decode_kwargs: Any
    ) -> None:
        super().__init__(tokenizer, skip_prompt, **decode_kwargs)
        self.text_queue: Queue[str | None] = Queue()
        self.timeout = timeout

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Puts new text where the iterator takes it from."""
        self.text_queue.put(text, timeout=self.timeout)
        if stream_end:
            self.text_queue.put(None, timeout=self.timeout)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text = self.text_queue.get(timeout=self.timeout)
        if text is None:
            raise StopIteration
        return text
