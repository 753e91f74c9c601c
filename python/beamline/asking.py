"""A row's columns in, what is asked out: its prompt, its key, its own options."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from beamline.pages import options as option_pages

#: The column of several options.
OPTIONS = "options"

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@cache
def option_names() -> frozenset[str]:
    """What decoding options are called."""
    return frozenset(option["name"] for option in option_pages())


class RowError(ValueError):
    """Why a row has no completion: one line."""


def no_column(name: str, there: list[str]) -> str:
    """What to say of a column that is not there."""
    near = get_close_matches(name, there, 1)
    similar = f"; a similar one is {near[0]!r}" if near else ""
    return f"there is no column {name!r}{similar}; columns are {', '.join(there[:30]) or 'none'}"


def missing(value: Any) -> bool:
    """Whether a value is none: null, or the NaN that frames without nulls have for it."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def as_text(value: Any) -> str:
    """A value as a template writes it: a text as it is, others as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


class Template:
    """A text with places for a row's columns. A brace that is meant is written twice.

    >>> Template("Q: {question} {{as JSON}}").fill({"question": "Why?"})
    'Q: Why? {as JSON}'

    Raises:
        ValueError: for a brace that stands alone.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.parts: list[tuple[str, str | None]] = []
        end, text = 0, ""
        for found in _BRACES.finditer(source):
            text += source[end : found.start()]
            end = found.end()
            if found.group() in {"{{", "}}"}:
                text += found.group()[0]
            elif found.group(1) and found.group(1).strip():
                self.parts.append((text, found.group(1).strip()))
                text = ""
            else:
                raise ValueError(
                    f"the template {source!r} has a {found.group()} that names no column; a brace that is meant is written twice"
                )
        self.parts.append((text + source[end:], None))

    @property
    def columns(self) -> list[str]:
        """The columns that it names."""
        return [name for _, name in self.parts if name is not None]

    def fill(self, row: Mapping[str, Any]) -> str:
        """The text for a row.

        Raises:
            RowError: when a column is null.
        """
        text = ""
        for before, name in self.parts:
            text += before
            if name is not None:
                if missing(row[name]):
                    raise RowError(f"the column {name!r} is null, and the prompt needs it")
                text += as_text(row[name])
        return text


@dataclass(frozen=True)
class Asked:
    """What a row asks.

    Attributes:
        prompt: a text or token ids; a conversation where there are messages.
        key: what the row is called: its draws hang on it.
        options: its own options, as JSON; None where it has none.
    """

    prompt: str | list[int] | dict[str, Any]
    key: str
    options: str | None


class Asking:
    """Which columns say what.

    Args:
        prompt: a column of texts or of lists of token ids, or a template: a text with braces.
        messages: a column of conversations, in place of a prompt.
        key: the column that names each row; without one the prompt itself does.
        option_columns: whether columns called as options, and ``options``, are the row's own.
        chat: whether a prompt that is a text is a user's message.
        system: what the model is told before all messages.

    Raises:
        ValueError: when they do not go together, or a template is none.
    """

    def __init__(
        self,
        *,
        prompt: str | None,
        messages: str | None,
        key: str | None,
        option_columns: bool,
        chat: bool,
        system: str | None,
    ) -> None:
        if prompt is not None and messages is not None:
            raise ValueError("a prompt and a column of messages say the same; give one of them")
        if system is not None and not (chat or messages):
            raise ValueError("system is for conversations; give messages=, or chat=True")
        self.column = messages or prompt or "prompt"
        self.template = Template(self.column) if messages is None and re.search(r"[{}]", self.column) else None
        self.is_told = messages is not None
        self.key = key
        self.chat, self.system = chat, system
        self.option_columns = option_columns

    def columns(self, there: list[str]) -> list[str]:
        """The columns that are read, of those that there are.

        Raises:
            ValueError: when one is missing that is needed.
        """
        needed = [*(self.template.columns if self.template else [self.column]), *([self.key] if self.key else [])]
        for name in needed:
            if name not in there:
                raise ValueError(no_column(name, there))
        return [*dict.fromkeys(needed), *(name for name in there if self._is_option(name) and name not in needed)]

    def _is_option(self, name: str) -> bool:
        """Whether a column is the row's own option, or its options."""
        if name in (self.key, None if self.template else self.column):
            return False
        return self.option_columns and (name == OPTIONS or name in option_names())

    def asked(self, row: Mapping[str, Any]) -> Asked:
        """What a row asks.

        Raises:
            RowError: when a value cannot be used.
        """
        prompt = self.template.fill(row) if self.template else row[self.column]
        key = self._key(row, prompt)
        if self.is_told or (self.chat and isinstance(prompt, str)):
            return Asked(self._told(prompt), key, self._options(row))
        return Asked(self._prompt(prompt), key, self._options(row))

    def _key(self, row: Mapping[str, Any], prompt: Any) -> str:
        if self.key is None:
            return as_text(prompt)
        value = row[self.key]
        if isinstance(value, str):
            return value
        if isinstance(value, (bool, int)):
            return json.dumps(value)
        if missing(value):
            raise RowError(f"the key {self.key!r} is null; give the row one of its own")
        raise RowError(f"the key {self.key!r} must be a text or an integer, got {value!r}; cast the column to text")

    def _prompt(self, prompt: Any) -> str | list[int]:
        if isinstance(prompt, str):
            return prompt
        if missing(prompt):
            raise RowError(f"the column {self.column!r} is null, and it is the prompt")
        if isinstance(prompt, list) and all(type(token) is int and 0 <= token < 2**32 for token in prompt):
            return prompt
        raise RowError(f"the column {self.column!r} must be a text or a list of token ids, got {type(prompt).__name__}")

    def _told(self, value: Any) -> dict[str, Any]:
        """A conversation, with what the model is told before."""
        if missing(value):
            raise RowError(f"the column {self.column!r} is null, and it is the conversation")
        if not self.is_told:
            value = [{"role": "user", "content": value}]
        elif isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise RowError(f"the column {self.column!r} is no JSON: {error}") from None
        told = {"messages": value} if isinstance(value, list) else value
        if not isinstance(told, dict) or not isinstance(told.get("messages"), list):
            raise RowError(f"the column {self.column!r} must be a list of messages, each with role and content")
        told = {name: part for name, part in told.items() if part is not None}
        told["messages"] = [without_gaps(message) for message in told["messages"]]
        if self.system is not None:
            if any(isinstance(one, dict) and one.get("role") == "system" for one in told["messages"]):
                raise RowError("the conversation has a system message already; leave out system=")
            told["messages"].insert(0, {"role": "system", "content": self.system})
        return told

    def _options(self, row: Mapping[str, Any]) -> str | None:
        """The row's own options, as JSON."""
        own = {name: _whole(value) for name, value in row.items() if self._is_option(name) and not missing(value)}
        several = own.pop(OPTIONS, None)
        if isinstance(several, str):
            try:
                several = json.loads(several) if several.strip() else {}
            except ValueError:
                several = several or {}
        if several is not None and not isinstance(several, dict):
            raise RowError("the column 'options' must be a JSON object of decoding options")
        for name, value in (several or {}).items():
            if value is None:  # what another row of a column of structures has
                continue
            if name in own:
                raise RowError(f"{name} is a column and one of the options; give it once")
            own[name] = value
        try:
            return json.dumps(own, allow_nan=False) if own else None
        except (TypeError, ValueError) as error:
            raise RowError(f"options: {error}") from None


def without_gaps(message: Any) -> Any:
    """A message without what it lacks: in a column of structures that is null."""
    if not isinstance(message, dict):
        return message
    return {name: value for name, value in message.items() if value is not None or name == "content"}


def _whole(value: Any) -> Any:
    """A whole number as one: a frame has numbers with gaps as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
