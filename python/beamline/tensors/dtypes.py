"""Types of numbers and devices, under torch's names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from beamline.notices import once


@dataclass(frozen=True)
class DType:
    """A type of numbers, such as ``torch.float32``."""

    name: str
    numpy: np.dtype[Any]

    @property
    def is_floating_point(self) -> bool:
        """Whether its numbers have fractions."""
        return self.numpy.kind == "f"

    def __repr__(self) -> str:
        return f"torch.{self.name}"


_NAMES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")

#: Every type, by its name.
DTYPES = {name: DType(name, np.dtype(name)) for name in _NAMES}

#: torch's other names for some of them.
ALIASES = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "short": "int16",
    "int": "int32",
    "long": "int64",
}

_BY_PYTHON: dict[type, str] = {bool: "bool", int: "int64", float: "float32"}


def dtype_of(array: npt.NDArray[Any]) -> DType:
    """The type of an array's numbers.

    Raises:
        TypeError: when torch has none like it.
    """
    found = DTYPES.get(array.dtype.name)
    if found is None:
        raise TypeError(f"tensors hold numbers of {', '.join(_NAMES)}; got {array.dtype.name}")
    return found


def numpy_dtype(asked: Any) -> np.dtype[Any]:
    """The numpy type that a type stands for: one of these, numpy's own, or Python's ``int``, ``float``, ``bool``."""
    if isinstance(asked, DType):
        return asked.numpy
    if isinstance(asked, type) and asked in _BY_PYTHON:
        return np.dtype(_BY_PYTHON[asked])
    found: np.dtype[Any] = np.dtype(asked)
    return found


class Device:
    """Where numbers are. There is only the CPU; other names are taken and change nothing, which is said once.

    >>> Device("cpu")
    device(type='cpu')
    """

    def __init__(self, name: str | int | Device = "cpu", index: int | None = None) -> None:
        named = name.type if isinstance(name, Device) else "cuda" if isinstance(name, int) else name
        self.type: str = named.split(":", 1)[0]
        self.index = index
        if self.type != "cpu":
            once(f"device {name}: this engine computes on the CPU, whatever the device; results are the same")

    def __repr__(self) -> str:
        return f"device(type={self.type!r})"

    def __str__(self) -> str:
        return self.type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.type == other.type

    def __hash__(self) -> int:
        return hash(self.type)
