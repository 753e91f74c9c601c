"""Pages on strategies, processors and options, as the command ``explain`` has them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import TypedDict, cast

from beamline import _beamline


class OptionSpec(TypedDict):
    """An option: its name, range and default in words, and what it does."""

    name: str
    range: str
    default: str
    short: str
    aliases: list[str]


@dataclass(frozen=True)
class Page:
    """A page: its name, and its headings with their texts."""

    name: str
    parts: dict[str, str]

    def __str__(self) -> str:
        return "\n\n".join([self.name, *(f"{heading}: {text}" for heading, text in self.parts.items())])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = (f"<dt><b>{escape(heading)}</b></dt><dd>{escape(text)}</dd>" for heading, text in self.parts.items())
        return f"<h4>{escape(self.name)}</h4><dl>{''.join(parts)}</dl>"


def explain(topic: str) -> Page:
    """The page on a strategy, a processor or a concept.

    >>> print(list(explain("top_p").parts))
    ['What it does', 'Rule', 'When', 'Limits', 'Source']

    Raises:
        ValueError: when there is none; the message names one that may have been meant.
    """
    name, parts = _beamline.explain(topic)
    return Page(name, dict(parts))


def topics() -> list[str]:
    """The names of all pages.

    >>> "top_p" in topics()
    True
    """
    return _beamline.topic_names()


def options() -> list[OptionSpec]:
    """Every decoding option.

    >>> [option["range"] for option in options() if option["name"] == "top_p"]
    ['in [0, 1]']
    """
    return cast("list[OptionSpec]", json.loads(_beamline.option_specs()))
