"""Functions of tensors, under torch's names and with its arithmetic.

They are what notebooks call on logits and token ids. Sums are added up as numpy does, so their last bits may differ from
torch's; draws are torch's own, seed for seed.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from collections.abc import Sequence as Sequence_
from typing import Any

import numpy as np
import numpy.typing as npt

from beamline.tensors.dtypes import numpy_dtype
from beamline.tensors.generator import Generator, default_generator
from beamline.tensors.tensor import Found, Tensor, plain, tensor_of

#: A dimension, several, or all of them.
Dims = int | tuple[int, ...] | list[int] | None


def _axis(dim: Dims) -> int | tuple[int, ...] | None:
    return tuple(dim) if isinstance(dim, list) else dim


def _floats(input: Any) -> npt.NDArray[Any]:
    array = tensor_of(input).numpy()
    return array if array.dtype.kind == "f" else array.astype(np.float32)


def _each(function: Callable[..., Any]) -> Callable[[Any], Tensor]:
    def of_each(input: Any) -> Tensor:
        with np.errstate(all="ignore"):
            return Tensor(np.asarray(function(_floats(input))))

    of_each.__doc__ = f"The {function.__name__} of each number."
    return of_each


exp = _each(np.exp)
log = _each(np.log)
sqrt = _each(np.sqrt)
log1p = _each(np.log1p)
tanh = _each(np.tanh)
isnan = _each(np.isnan)
isinf = _each(np.isinf)
isfinite = _each(np.isfinite)


def abs(input: Any) -> Tensor:
    """The size of each number."""
    return tensor_of(input).__abs__()


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of numbers or lists of them.

    >>> tensor([[1, 2]]).dtype
    torch.int64
    >>> tensor(0.5).dtype
    torch.float32

    Raises:
        NotImplementedError: for one with gradients: there are none here.
    """
    if requires_grad:
        raise NotImplementedError("tensors of beamline have no gradients; import torch itself to train")
    made = Tensor(_stacked(data), dtype)
    return made.clone().to(device=device)


def _stacked(data: Any) -> Any:
    """Lists of tensors as lists of numbers."""
    if isinstance(data, (list, tuple)) and builtins.any(isinstance(one, (Tensor, list, tuple)) for one in data):
        return [_stacked(one) for one in data]
    return data.tolist() if isinstance(data, Tensor) and data.ndim == 0 else data


def from_numpy(array: npt.NDArray[Any]) -> Tensor:
    """A tensor that shares an array's numbers."""
    return Tensor(array)


def _made(function: Any, size: tuple[Any, ...], dtype: Any) -> Tensor:
    shape = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    return Tensor(function(tuple(int(one) for one in shape), numpy_dtype(np.float32 if dtype is None else dtype)))


def zeros(*size: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of zeros."""
    return _made(np.zeros, size, dtype).to(device=device)


def ones(*size: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of ones."""
    return _made(np.ones, size, dtype).to(device=device)


def full(size: Sequence_[int], fill_value: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of one number again and again."""
    dtype = Tensor(fill_value).dtype if dtype is None else dtype
    return Tensor(np.full(tuple(size), plain(fill_value), numpy_dtype(dtype))).to(device=device)


def _like(function: Any) -> Callable[..., Tensor]:
    def like(input: Any, dtype: Any = None, device: Any = None) -> Tensor:
        made: Tensor = Tensor(function(tensor_of(input).numpy(), None if dtype is None else numpy_dtype(dtype)))
        return made.to(device=device)

    like.__doc__ = f"A tensor of another's shape, by numpy's {function.__name__}."
    return like


zeros_like = _like(np.zeros_like)
ones_like = _like(np.ones_like)


def arange(*bounds: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Numbers at even steps: ``arange(end)`` or ``arange(start, end, step)``."""
    made = np.arange(*(plain(one) for one in bounds))
    made = made.astype(np.float32) if made.dtype.kind == "f" and dtype is None else made
    return Tensor(made, dtype).to(device=device)


def cat(tensors: Sequence_[Any], dim: int = 0) -> Tensor:
    """Tensors one after another along a dimension.

    >>> cat([tensor([[1, 2]]), tensor([[3]])], dim=-1).tolist()
    [[1, 2, 3]]
    """
    return Tensor(np.concatenate([tensor_of(one).numpy() for one in tensors], dim))


def stack(tensors: Sequence_[Any], dim: int = 0) -> Tensor:
    """Tensors side by side in a new dimension."""
    return Tensor(np.stack([tensor_of(one).numpy() for one in tensors], dim))


def where(condition: Any, input: Any, other: Any) -> Tensor:
    """The one where a condition holds, the other where it does not."""
    return Tensor(np.where(tensor_of(condition).numpy(), plain(input), plain(other)))


def gather(input: Any, dim: int, index: Any) -> Tensor:
    """The entries that an index names along a dimension."""
    array, at = tensor_of(input).numpy(), tensor_of(index).numpy()
    kept = tuple(slice(None) if axis == dim % array.ndim else slice(length) for axis, length in enumerate(at.shape))
    return Tensor(np.take_along_axis(array[kept], at, dim))


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """The tensor with another number wherever the mask holds."""
    array = tensor_of(input).numpy()
    return Tensor(np.where(tensor_of(mask).numpy(), np.asarray(plain(value)).astype(array.dtype), array))


def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """Each number, at least ``min`` and at most ``max``."""
    array = tensor_of(input).numpy()
    return Tensor(np.clip(array, plain(min), plain(max)).astype(array.dtype))


# Distributions


def softmax(input: Any, dim: int, dtype: Any = None) -> Tensor:
    """Probabilities along a dimension.

    >>> softmax(tensor([0.0, 0.0]), dim=-1)
    tensor([0.5000, 0.5000])
    """
    array = _floats(tensor_of(input).to(dtype=dtype))
    with np.errstate(all="ignore"):
        powers = np.exp(array - array.max(dim, keepdims=True))
        return Tensor(powers * (np.ones((), array.dtype) / powers.sum(dim, keepdims=True)))


def log_softmax(input: Any, dim: int, dtype: Any = None) -> Tensor:
    """Log-probabilities along a dimension."""
    array = _floats(tensor_of(input).to(dtype=dtype))
    with np.errstate(all="ignore"):
        below = array - array.max(dim, keepdims=True)
        return Tensor(below - np.log(np.exp(below).sum(dim, keepdims=True)))


def multinomial(
    input: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Draws indices in proportion to weights, a row for each row of weights: torch's own draws, seed for seed.

    Raises:
        RuntimeError: when a weight is negative, infinite or NaN, a row sums to 0, or fewer can be drawn than asked for.
    """
    array = _floats(input)
    if not np.isfinite(array).all() or (array < 0).any():
        raise RuntimeError("weights must be finite numbers, 0 or more")
    if (array.sum(-1) <= 0).any():
        raise RuntimeError("the weights of a row must sum to more than 0")
    if num_samples < 1 or (not replacement and num_samples > array.shape[-1]):
        raise RuntimeError(f"num_samples must be in 1..={array.shape[-1]} without replacement, got {num_samples}")
    source = default_generator if generator is None else generator
    if replacement and num_samples > 1:
        return Tensor(_with_replacement(array, num_samples, source))
    race = array / source.exponentials(array.size).reshape(array.shape).astype(array.dtype)
    if num_samples == 1:
        return Tensor(race.argmax(-1, keepdims=True))
    return Tensor(np.argsort(-race, -1, kind="stable")[..., :num_samples])


def _with_replacement(array: npt.NDArray[Any], count: int, source: Generator) -> npt.NDArray[np.int64]:
    """Draws by where uniform numbers fall among the sums of weights."""
    rows = array.reshape(-1, array.shape[-1])
    sums = np.add.accumulate(rows, -1)
    sums = sums / sums[:, -1:]
    sums[:, -1] = 1
    coins = source.doubles(len(rows) * count).reshape(len(rows), count)
    drawn = [np.searchsorted(row.astype(np.float64), own, "left") for row, own in zip(sums, coins, strict=True)]
    return np.stack(drawn).reshape(*array.shape[:-1], count)


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Numbers in ``[0, 1)``: torch's own, seed for seed."""
    source = default_generator if generator is None else generator
    return _made(lambda shape, _: source.floats(int(np.prod(shape))).reshape(shape), size, dtype).to(
        dtype, device=device
    )


def manual_seed(seed: int) -> Generator:
    """Begins the random numbers anew from a seed."""
    return default_generator.manual_seed(seed)


# Numbers of many


def sum(input: Any, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """The sum of all numbers, or along dimensions."""
    array = tensor_of(input).to(dtype=dtype).numpy()
    return Tensor(np.asarray(array.sum(_axis(dim), keepdims=keepdim)))


def mean(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The mean of all numbers, or along dimensions.

    Raises:
        RuntimeError: for integers, as in torch.
    """
    array = tensor_of(input).numpy()
    if array.dtype.kind != "f":
        raise RuntimeError("the mean is of floats alone; use .float() before it")
    return Tensor(np.asarray(array.mean(_axis(dim), keepdims=keepdim)))


def cumsum(input: Any, dim: int) -> Tensor:
    """Sums of everything up to each place; floats are added up in float64, as in torch."""
    array = tensor_of(input).numpy()
    wide = array.astype(np.float64) if array.dtype.kind == "f" else array
    return Tensor(wide.cumsum(dim).astype(array.dtype if array.dtype.kind == "f" else np.int64))


def any(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether any number is other than 0."""
    return Tensor(np.asarray(tensor_of(input).numpy().any(_axis(dim), keepdims=keepdim)))


def all(input: Any, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether all numbers are other than 0."""
    return Tensor(np.asarray(tensor_of(input).numpy().all(_axis(dim), keepdims=keepdim)))


def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the greatest number is; the first of equals."""
    return Tensor(np.asarray(np.argmax(tensor_of(input).numpy(), dim, keepdims=keepdim and dim is not None)))


def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the least number is; the first of equals."""
    return Tensor(np.asarray(np.argmin(tensor_of(input).numpy(), dim, keepdims=keepdim and dim is not None)))


def _extreme(input: Any, dim: int | None, keepdim: bool, where: Any, extreme: Any) -> Any:
    array = tensor_of(input).numpy()
    if dim is None:
        return Tensor(np.asarray(extreme(array)))
    at = where(array, dim, keepdims=True)
    values = np.take_along_axis(array, at, dim)
    found = (values, at) if keepdim else (values.squeeze(dim), at.squeeze(dim))
    return Found(*(Tensor(np.asarray(one)) for one in found))


def max(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The greatest number; along a dimension also where it is."""
    return _extreme(input, dim, keepdim, np.argmax, np.max)


def min(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The least number; along a dimension also where it is."""
    return _extreme(input, dim, keepdim, np.argmin, np.min)


def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Where the numbers are, in their order; equals by place.

    >>> argsort(tensor([0.2, 0.5, 0.3]), descending=True).tolist()
    [1, 2, 0]
    """
    del stable  # it always is
    array = tensor_of(input).numpy()
    if not descending:
        return Tensor(np.argsort(array, dim, kind="stable"))
    turned = np.flip(array, dim)
    order = np.flip(np.argsort(turned, dim, kind="stable"), dim)
    return Tensor(array.shape[dim] - 1 - order)


def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Found:
    """The numbers in their order, and where they were; equals by place."""
    order = argsort(input, dim, descending, stable)
    return Found(Tensor(np.take_along_axis(tensor_of(input).numpy(), order.numpy(), dim)), order)


def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Found:
    """The ``k`` greatest numbers or the least, and where they are; equals by place."""
    del sorted  # they always are
    values, order = sort(input, dim, descending=largest)
    first = [slice(None)] * values.ndim
    first[dim] = slice(int(k))
    return Found(values[tuple(first)], order[tuple(first)])


#: The functions that tensors have as methods.
METHODS: dict[str, Callable[..., Any]] = {
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "isnan": isnan,
    "isinf": isinf,
    "isfinite": isfinite,
    "abs": abs,
    "gather": gather,
    "masked_fill": masked_fill,
    "clamp": clamp,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "multinomial": multinomial,
    "sum": sum,
    "mean": mean,
    "cumsum": cumsum,
    "any": any,
    "all": all,
    "argmax": argmax,
    "argmin": argmin,
    "max": max,
    "min": min,
    "argsort": argsort,
    "sort": sort,
    "topk": topk,
}
