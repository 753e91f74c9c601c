"""An array of numpy that behaves as notebooks use torch's tensors."""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from beamline.tensors.dtypes import Device, DType, dtype_of, numpy_dtype
from beamline.tensors.printing import printed

_DEFAULT = np.dtype(np.float32)


class Size(tuple[int, ...]):
    """How long each dimension is."""

    __slots__ = ()

    def numel(self) -> int:
        """How many numbers there are."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"


class Found(NamedTuple):
    """Values, and where they stood."""

    values: Tensor
    indices: Tensor


def _category(dtype: np.dtype[Any]) -> int:
    return "biuf".index(dtype.kind) if dtype.kind in "bi" else (1 if dtype.kind == "u" else 2)


def _common(*operands: Any) -> np.dtype[Any]:
    """The type that operands come to as in torch: those with dimensions decide, then single numbers of a higher kind."""
    ranks: tuple[list[np.dtype[Any]], ...] = ([], [], [])
    for one in operands:
        if isinstance(one, (Tensor, np.ndarray, np.generic)):
            array = np.asarray(one)
            ranks[0 if array.ndim else 1].append(array.dtype)
        else:
            kind = _DEFAULT if isinstance(one, float) else np.dtype(bool if isinstance(one, bool) else np.int64)
            ranks[2].append(kind)
    found: np.dtype[Any] | None = None
    for rank in ranks:
        if rank:
            own = rank[0]
            for other in rank[1:]:
                own = np.promote_types(own, other)
            if found is None or _category(own) > _category(found):
                found = own
    return found if found is not None else _DEFAULT


def plain(value: Any) -> Any:
    """What numpy takes for a tensor, or for an index of tensors."""
    if isinstance(value, Tensor):
        return value._array
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)
    if isinstance(value, list) and builtins.any(isinstance(one, Tensor) for one in value):
        return [plain(one) for one in value]
    return value


class Tensor:
    """Numbers with a shape: what notebooks call ``torch.Tensor``, on the CPU, over an array of numpy.

    Operations are torch's own with its rules for types; what is not here raises ``AttributeError`` and names torch.

    >>> Tensor([[25906, 8702]])[0, -1].item()
    8702
    """

    __array_priority__ = 1000
    requires_grad = False

    def __init__(self, data: Any, dtype: Any = None) -> None:
        array = np.asarray(plain(data), None if dtype is None else numpy_dtype(dtype))
        if dtype is None and array.dtype == np.float64 and not isinstance(data, (Tensor, np.ndarray, np.generic)):
            array = array.astype(_DEFAULT)
        self._array: npt.NDArray[Any] = array
        dtype_of(array)

    def __getattr__(self, name: str) -> Any:
        from functools import partial

        from beamline.tensors.functions import METHODS

        if name in METHODS:
            return partial(METHODS[name], self)
        raise AttributeError(f"tensors of beamline have no {name!r}; for all of torch, import torch itself")

    @property
    def shape(self) -> Size:
        """How long each dimension is."""
        return Size(self._array.shape)

    @property
    def dtype(self) -> DType:
        """The type of its numbers."""
        return dtype_of(self._array)

    @property
    def device(self) -> Device:
        """Where it is: the CPU."""
        return Device("cpu")

    @property
    def ndim(self) -> int:
        """How many dimensions it has."""
        return self._array.ndim

    @property
    def T(self) -> Tensor:  # noqa: N802 - torch's name
        """Its dimensions in reverse."""
        return Tensor(self._array.T)

    def dim(self) -> int:
        """How many dimensions it has."""
        return self._array.ndim

    def size(self, dim: int | None = None) -> Any:
        """How long each dimension is, or one of them."""
        return self.shape if dim is None else self.shape[dim]

    def numel(self) -> int:
        """How many numbers it has."""
        return self._array.size

    def numpy(self) -> npt.NDArray[Any]:
        """The array itself, which shares its numbers."""
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        array = self._array if dtype is None else self._array.astype(dtype, copy=False)
        return array.copy() if copy else array

    def item(self) -> Any:
        """Its only number."""
        return self._array.item()

    def tolist(self) -> Any:
        """Its numbers, as lists of lists."""
        return self._array.tolist()

    def __repr__(self) -> str:
        return printed(self._array)

    def __format__(self, form: str) -> str:
        return format(self.item(), form) if self.ndim == 0 else format(repr(self), form)

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        if self.ndim == 0:
            raise TypeError("iteration over a tensor without dimensions")
        return (Tensor(row) for row in self._array)

    def __contains__(self, value: Any) -> bool:
        return bool((self._array == plain(value)).any())

    def __getitem__(self, index: Any) -> Tensor:
        return Tensor(np.asarray(self._array[plain(index)]))

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[plain(index)] = plain(value)

    def __bool__(self) -> bool:
        if self.numel() != 1:
            raise RuntimeError("whether a tensor of several numbers is true is ambiguous; use .any() or .all()")
        return bool(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __index__(self) -> int:
        if self._array.dtype.kind == "f":
            raise TypeError("only tensors of integers can be an index")
        return int(self.item())

    def __hash__(self) -> int:
        return id(self)

    # Places and types

    def to(self, *where: Any, dtype: Any = None, device: Any = None, **_: Any) -> Tensor:
        """Itself in another type; devices change nothing, since all of this is on the CPU."""
        for one in (*where, device):
            if isinstance(one, Tensor):
                dtype = one.dtype
            elif isinstance(one, (DType, np.dtype)):
                dtype = one
            elif one is not None:
                Device(one if isinstance(one, (Device, builtins.int)) else str(one))
        return self if dtype is None else Tensor(self._array.astype(numpy_dtype(dtype), copy=False))

    def cpu(self) -> Tensor:
        """Itself."""
        return self

    def detach(self) -> Tensor:
        """Itself."""
        return self

    def contiguous(self) -> Tensor:
        """Itself, its numbers one after another in memory."""
        return Tensor(np.ascontiguousarray(self._array).reshape(self.shape))

    def clone(self) -> Tensor:
        """A copy."""
        return Tensor(self._array.copy())

    def type(self, dtype: Any) -> Tensor:
        """Itself in another type."""
        return self.to(dtype=dtype)

    def float(self) -> Tensor:
        """Itself as float32."""
        return self.to(dtype=np.float32)

    def double(self) -> Tensor:
        """Itself as float64."""
        return self.to(dtype=np.float64)

    def half(self) -> Tensor:
        """Itself as float16."""
        return self.to(dtype=np.float16)

    def long(self) -> Tensor:
        """Itself as int64."""
        return self.to(dtype=np.int64)

    def int(self) -> Tensor:
        """Itself as int32."""
        return self.to(dtype=np.int32)

    def bool(self) -> Tensor:
        """Whether each number is other than 0."""
        return self.to(dtype=np.bool_)

    # Shapes

    def reshape(self, *shape: Any) -> Tensor:
        """Its numbers in another shape; -1 is what is left."""
        return Tensor(self._array.reshape(*plain(shape)))

    view = reshape

    def flatten(self) -> Tensor:
        """All numbers one after another."""
        return Tensor(self._array.reshape(-1))

    def unsqueeze(self, dim: builtins.int) -> Tensor:
        """With a new dimension of length 1."""
        return Tensor(np.expand_dims(self._array, dim))

    def squeeze(self, dim: builtins.int | None = None) -> Tensor:
        """Without dimensions of length 1, or without one of them."""
        if dim is not None and self.shape[dim] != 1:
            return self
        return Tensor(np.asarray(np.squeeze(self._array, dim)))

    def transpose(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """With two dimensions exchanged."""
        return Tensor(np.swapaxes(self._array, dim0, dim1))

    def permute(self, *dims: Any) -> Tensor:
        """With its dimensions in another order."""
        return Tensor(self._array.transpose(*dims))

    def expand(self, *shape: Any) -> Tensor:
        """With dimensions of length 1 repeated; -1 leaves one as it is."""
        asked = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        own = (1,) * (len(asked) - self.ndim) + self.shape
        full = [old if new == -1 else new for old, new in zip(own, asked, strict=True)]
        return Tensor(np.broadcast_to(self._array, full).copy())

    def repeat(self, *counts: Any) -> Tensor:
        """The whole tensor repeated along each dimension."""
        return Tensor(np.tile(self._array, counts[0] if len(counts) == 1 else counts))

    def repeat_interleave(self, count: builtins.int, dim: builtins.int | None = None) -> Tensor:
        """Each entry repeated where it stands."""
        return Tensor(np.repeat(self._array, count, dim))

    # Arithmetic

    def _with(self, other: Any, function: Any, *, turned: builtins.bool = False) -> Tensor:
        if not isinstance(other, (Tensor, np.ndarray, np.generic, builtins.int, builtins.float)):
            return cast("Tensor", NotImplemented)
        dtype = _common(self, other)
        left, right = self._array.astype(dtype, copy=False), np.asarray(plain(other)).astype(dtype)
        with np.errstate(all="ignore"):
            found = np.asarray(function(right, left) if turned else function(left, right))
        if function is np.true_divide and found.dtype == np.float64 and dtype != np.float64:
            found = found.astype(_DEFAULT)
        return Tensor(found)

    def __add__(self, other: Any) -> Tensor:
        return self._with(other, np.add)

    def __sub__(self, other: Any) -> Tensor:
        return self._with(other, np.subtract)

    def __mul__(self, other: Any) -> Tensor:
        return self._with(other, np.multiply)

    def __truediv__(self, other: Any) -> Tensor:
        return self._with(other, np.true_divide)

    def __floordiv__(self, other: Any) -> Tensor:
        return self._with(other, np.floor_divide)

    def __mod__(self, other: Any) -> Tensor:
        return self._with(other, np.mod)

    def __pow__(self, other: Any) -> Tensor:
        return self._with(other, np.power)

    def __matmul__(self, other: Any) -> Tensor:
        return self._with(other, np.matmul)

    def __radd__(self, other: Any) -> Tensor:
        return self._with(other, np.add, turned=True)

    def __rsub__(self, other: Any) -> Tensor:
        return self._with(other, np.subtract, turned=True)

    def __rmul__(self, other: Any) -> Tensor:
        return self._with(other, np.multiply, turned=True)

    def __rtruediv__(self, other: Any) -> Tensor:
        return self._with(other, np.true_divide, turned=True)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return self._with(other, np.floor_divide, turned=True)

    def __rmod__(self, other: Any) -> Tensor:
        return self._with(other, np.mod, turned=True)

    def __rpow__(self, other: Any) -> Tensor:
        return self._with(other, np.power, turned=True)

    def __neg__(self) -> Tensor:
        return Tensor(-self._array)

    def __abs__(self) -> Tensor:
        return Tensor(np.abs(self._array))

    def __invert__(self) -> Tensor:
        return Tensor(~self._array)

    def __and__(self, other: Any) -> Tensor:
        return self._with(other, np.bitwise_and)

    def __or__(self, other: Any) -> Tensor:
        return self._with(other, np.bitwise_or)

    def __xor__(self, other: Any) -> Tensor:
        return self._with(other, np.bitwise_xor)

    def __eq__(self, other: object) -> Any:
        return self._with(other, np.equal)

    def __ne__(self, other: object) -> Any:
        return self._with(other, np.not_equal)

    def __lt__(self, other: Any) -> Tensor:
        return self._with(other, np.less)

    def __le__(self, other: Any) -> Tensor:
        return self._with(other, np.less_equal)

    def __gt__(self, other: Any) -> Tensor:
        return self._with(other, np.greater)

    def __ge__(self, other: Any) -> Tensor:
        return self._with(other, np.greater_equal)


def tensor_of(value: Any) -> Tensor:
    """A tensor, as it is; or one of anything else.

    Raises:
        TypeError: for a tensor of torch itself, which belongs to torch's own functions.
    """
    if isinstance(value, Tensor):
        return value
    if type(value).__module__.split(".", 1)[0] == "torch":
        raise TypeError("this is a tensor of torch itself; use torch's own functions on it, or beamline's on all")
    return Tensor(value)
