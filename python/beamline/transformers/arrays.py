"""Arrays of numpy in, tensors of the kind that a program uses out, and back."""

from __future__ import annotations

import sys
from enum import Enum
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt


class Kind(Enum):
    """What arrays a program works with."""

    NUMPY = "numpy"
    TORCH = "torch"
    OWN = "beamline.torch"


def _torch_there() -> bool:
    return "torch" in sys.modules or find_spec("torch") is not None


def tensors_asked_for() -> Kind:
    """The tensors that ``return_tensors="pt"`` means: those of ``beamline.torch`` where the program imported it or torch is
    not installed, else torch's.
    """
    return Kind.OWN if "beamline.torch" in sys.modules or not _torch_there() else Kind.TORCH


def kind_of(value: Any) -> Kind | None:
    """The kind of a tensor or array; None for what is neither."""
    if isinstance(value, np.ndarray):
        return Kind.NUMPY
    module = type(value).__module__
    if module.startswith("beamline.tensors"):
        return Kind.OWN
    torch = sys.modules.get("torch")
    return Kind.TORCH if torch is not None and isinstance(value, getattr(torch, "Tensor", ())) else None


def to_numpy(value: Any) -> npt.NDArray[Any]:
    """An array of a tensor, an array, or lists of numbers, which may be tensors themselves."""
    if kind_of(value) is Kind.TORCH:
        return np.asarray(value.detach().cpu().numpy())
    if isinstance(value, (list, tuple)):
        value = [one.tolist() if hasattr(one, "tolist") else one for one in value]
    return np.asarray(value)


def from_numpy(array: npt.NDArray[Any], kind: Kind, like: Any = None) -> Any:
    """A tensor that shares an array's numbers; of torch's, on the device of another."""
    if kind is Kind.NUMPY:
        return array
    if kind is Kind.OWN:
        from beamline.tensors import Tensor

        return Tensor(array)
    from beamline.transformers.seeds import torch_itself

    made = torch_itself().from_numpy(array if array.flags.writeable else array.copy())
    return made if like is None or kind_of(like) is not Kind.TORCH else made.to(like.device)


def to_lists(value: Any) -> Any:
    """Numbers of tensors or arrays as Python's own, wherever they stand in lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [to_lists(one) for one in value]
    return value
