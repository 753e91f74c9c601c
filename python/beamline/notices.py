"""Warnings that a program should hear once."""

from __future__ import annotations

import warnings
from threading import Lock

_said: set[str] = set()
_lock = Lock()


def once(message: str) -> None:
    """Warns a user, once in a process for each message."""
    with _lock:
        if message in _said:
            return
        _said.add(message)
    warnings.warn(message, UserWarning, stacklevel=3)


def forget() -> None:
    """Lets every message be said again."""
    with _lock:
        _said.clear()
