"""What programs ask about graphics processors: there are none here."""

from __future__ import annotations


def is_available() -> bool:
    """Whether there is one: never.

    >>> is_available()
    False
    """
    return False


def device_count() -> int:
    """How many there are.

    >>> device_count()
    0
    """
    return 0


def manual_seed_all(seed: int) -> None:
    """Seeds all of them, which are none."""
    del seed


def empty_cache() -> None:
    """Lets go of their memory, which is none."""
