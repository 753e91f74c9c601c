"""What callers give, made into what the engine takes."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Sequence_
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ids: TypeAlias = "Sequence_[int] | npt.NDArray[np.integer[Any]]"
Prompt: TypeAlias = "str | Ids"
Prompts: TypeAlias = "Prompt | Sequence_[Prompt] | npt.NDArray[Any]"
Messages: TypeAlias = "Sequence_[Mapping[str, Any]] | Mapping[str, Any]"


def _json(value: Any) -> Any:
    """Values of numpy and other iterables, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if hasattr(value, "tolist"):  # tensors
        return value.tolist()
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"an option's value cannot be a {type(value).__name__}; give numbers, texts, lists or None")


def options_json(options: Mapping[str, Any]) -> str:
    """Options as JSON. Those that are None are not set.

    Raises:
        ValueError: for a number that JSON does not have.
        TypeError: for a value that is neither number, text, list nor None.
    """
    for name, value in options.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number, got {value}; leave it out")
    try:
        return json.dumps({name: value for name, value in options.items() if value is not None}, default=_json)
    except TypeError as error:
        raise TypeError(f"options: {error}") from None


def prompt(given: Prompt) -> str | list[int]:
    """One prompt: a text, or token ids.

    Raises:
        TypeError: when it is neither.
    """
    if isinstance(given, str):
        return given
    if isinstance(given, (bytes, Mapping)) or not hasattr(given, "__iter__"):
        raise TypeError(f"a prompt is a text or a list of token ids, got {type(given).__name__}")
    ids = given.tolist() if hasattr(given, "tolist") else list(given)
    for token in ids:
        if isinstance(token, bool) or not isinstance(token, (int, np.integer)):
            raise TypeError(f"a prompt is a text or a list of token ids, got a list with {token!r}")
        if not 0 <= int(token) < 2**32:
            raise ValueError(f"token ids must be 0 or more, got {int(token)}")
    return [int(token) for token in ids]


def prompts(given: Prompts) -> list[str | list[int]]:
    """One prompt or several; a plain list of numbers is one.

    Raises:
        TypeError: when it is neither.
        ValueError: when there is none.
    """
    if isinstance(given, str):
        return [given]
    if isinstance(given, np.ndarray) and given.ndim == 2:
        return [prompt(row) for row in given]
    if isinstance(given, (bytes, Mapping)) or not hasattr(given, "__iter__"):
        raise TypeError(f"prompts are texts or lists of token ids, got {type(given).__name__}")
    several: list[Any] = list(given)
    if not several:
        raise ValueError("there is no prompt; give at least one")
    if all(isinstance(one, (int, np.integer)) and not isinstance(one, bool) for one in several):
        return [prompt(several)]
    return [prompt(one) for one in several]


def threads(asked: int | None) -> int | None:
    """How many threads to compute with: what was asked for, else what the environment grants, else all cores granted.

    ``BEAMLINE_THREADS`` comes before ``OMP_NUM_THREADS``, which Ray and Spark set to the processors of a task.

    Raises:
        ValueError: when ``OMP_NUM_THREADS`` is no number of threads.
    """
    if asked is not None or os.environ.get("BEAMLINE_THREADS"):
        return asked
    granted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if not granted:
        return None
    if not granted.isdecimal() or int(granted) < 1:
        raise ValueError(f"OMP_NUM_THREADS must be 1 or more, got {granted!r}; unset it, or give threads=")
    return int(granted)
