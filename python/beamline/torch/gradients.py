"""Contexts without gradients: there are none here anyway, so they change nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from types import TracebackType
from typing import Any


class no_grad(ContextDecorator):  # noqa: N801 - torch's name
    """A context, or a decorator, in which nothing is noted for gradients."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        """Decorates a function that is given at once, as ``@no_grad`` without brackets does."""
        made = super().__new__(cls)
        return made if function is None else made(function)

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        del function

    def __enter__(self) -> no_grad:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class inference_mode(no_grad):  # noqa: N801 - torch's name
    """The same, under another name."""

    def __new__(cls, mode: Any = True) -> Any:
        """Takes ``mode``, which changes nothing."""
        return super().__new__(cls, mode if callable(mode) else None)

    def __init__(self, mode: Any = True) -> None:
        del mode


def is_grad_enabled() -> bool:
    """Whether anything is noted for gradients: never.

    >>> is_grad_enabled()
    False
    """
    return False


def enable_grad() -> None:
    """Refuses: there are no gradients here.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("tensors of beamline have no gradients; import torch itself to train")
