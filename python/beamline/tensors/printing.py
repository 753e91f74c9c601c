"""Arrays in, texts out, as torch prints tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: Types that torch does not name when it prints.
_PLAIN = ("bool", "int64", "float32")

#: Beyond this many numbers only the first and last of each dimension are printed.
_MOST = 1000
_EDGE = 3


def _whole(number: Any) -> str:
    return str(number)


def _shown(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The numbers that are printed: all, or the edges of each dimension."""
    if array.size <= _MOST:
        return array
    for axis, length in enumerate(array.shape):
        if length > 2 * _EDGE:
            array = np.take(array, [*range(_EDGE), *range(length - _EDGE, length)], axis)
    return array


def _float_format(array: npt.NDArray[Any]) -> str:
    """How floats are written so that all of them can be told apart: as integers, with four places, or as powers of ten."""
    sizes = np.abs(_shown(array).astype(np.float64))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    if sizes.size == 0:
        return "{:.0f}."
    most, least = sizes.max(), sizes.min()
    if (sizes == np.ceil(sizes)).all():
        return "{:.4e}" if most / least > 1000 or most > 1e8 else "{:.0f}."
    return "{:.4e}" if most / least > 1000 or most > 1e8 or least < 1e-4 else "{:.4f}"


def _writer(array: npt.NDArray[Any]) -> Any:
    if array.dtype.kind != "f":
        write: Any = _whole
    else:
        form = _float_format(array)

        def write(number: Any) -> str:
            return form.format(number) if np.isfinite(number) else str(number)

    width = max((len(write(number)) for number in _shown(array).ravel()), default=0)
    return lambda number: write(number).rjust(width)


def printed(array: npt.NDArray[Any]) -> str:
    """A tensor's text.

    >>> print(printed(np.array([[5, 12, 7]])))
    tensor([[ 5, 12,  7]])
    >>> print(printed(np.array(0.5, np.float32)))
    tensor(0.5000)
    """
    suffix = "" if array.dtype.name in _PLAIN else f", dtype=torch.{array.dtype.name}"
    if array.ndim and not array.size:
        empty = f", size={array.shape}" if array.ndim > 1 else ""
        return f"tensor([]{empty}{suffix})"
    body = np.array2string(
        array,
        separator=", ",
        prefix="tensor(",
        max_line_width=80,
        threshold=_MOST,
        edgeitems=_EDGE,
        formatter={"all": _writer(array)},
    )
    return f"tensor({body.replace(', ..., ', ',  ..., ')}{suffix})"
