"""Seeds of every source of random numbers that a program may draw from."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np

from beamline.tensors.generator import default_generator

#: A seed that torch has not heard of, because nobody had imported it when the seed was set.
_waiting: list[int] = []


def set_seed(seed: int, deterministic: bool = False) -> None:
    """Seeds Python's random numbers, numpy's, those of ``beamline.torch``, and torch's, also where it is imported later.

    >>> set_seed(42)

    Args:
        seed: the seed, in ``0..2**32``.
        deterministic: changes nothing: everything here is deterministic.
    """
    del deterministic
    random.seed(seed)
    np.random.seed(seed)
    default_generator.manual_seed(seed)
    _waiting[:] = [seed]
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "manual_seed"):
        _waiting.clear()
        torch.manual_seed(seed)


def torch_itself() -> Any:
    """torch, imported now if nobody has, with the seed that was set before it was there."""
    import torch

    # A seed that nobody gave torch is a random one of its own, of more than 32 bits: a program's own would stand.
    if _waiting and torch.initial_seed() >= 2**32:
        torch.manual_seed(_waiting[0])
    _waiting.clear()
    return torch
