"""Seeds of every source of random numbers that a program may draw from."""

from __future__ import annotations

import random
import sys

import numpy as np

from beamline.tensors.generator import default_generator


def set_seed(seed: int, deterministic: bool = False) -> None:
    """Seeds Python's random numbers, numpy's, those of ``beamline.torch``, and torch's where the program uses torch.

    >>> set_seed(42)

    Args:
        seed: the seed, in ``0..2**32``.
        deterministic: changes nothing: everything here is deterministic.
    """
    del deterministic
    random.seed(seed)
    np.random.seed(seed)
    default_generator.manual_seed(seed)
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(seed)
