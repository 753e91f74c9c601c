"""What notebooks call of torch beside a model, over numpy: ``from beamline import torch`` in place of ``import torch``.

For machines without torch. Logits and token ids are tensors here too: they are sliced, sorted, joined and drawn from under
torch's names, and draws are torch's own, seed for seed. There are no gradients, no layers and no graphics processors: what is
not here raises ``AttributeError`` and names torch itself. A program that imports this module gets its tensors from
[`beamline.transformers`][beamline.transformers]; one that does not gets torch's own where torch is installed.

>>> from beamline import torch
>>> with torch.no_grad():
...     torch.softmax(torch.tensor([1.0, 1.0, 3.0]), dim=-1)
tensor([0.1065, 0.1065, 0.7870])
>>> torch.cuda.is_available()
False
"""

from __future__ import annotations

from typing import Any

from beamline.tensors import functions as _functions
from beamline.tensors.dtypes import ALIASES as _ALIASES
from beamline.tensors.dtypes import DTYPES as _DTYPES
from beamline.tensors.dtypes import Device as device
from beamline.tensors.dtypes import DType as dtype
from beamline.tensors.generator import Generator, default_generator
from beamline.tensors.tensor import Tensor
from beamline.torch import cuda, nn
from beamline.torch.gradients import enable_grad, inference_mode, is_grad_enabled, no_grad

_NAMES: dict[str, Any] = {
    **_DTYPES,
    **{alias: _DTYPES[name] for alias, name in _ALIASES.items()},
    **{
        name: value
        for name, value in vars(_functions).items()
        if getattr(value, "__module__", "") == _functions.__name__
    },
    "initial_seed": default_generator.initial_seed,
    "seed": default_generator.seed,
    "get_rng_state": default_generator.get_state,
    "set_rng_state": default_generator.set_state,
    "default_generator": default_generator,
    "concat": _functions.cat,
    "concatenate": _functions.cat,
    "as_tensor": _functions.tensor,
    "LongTensor": _functions.tensor,
    "inf": float("inf"),
    "nan": float("nan"),
}

__all__ = [
    "Generator",
    "Tensor",
    "cuda",
    "device",
    "dtype",
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "nn",
    "no_grad",
]


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor."""
    return isinstance(value, Tensor)


def __getattr__(name: str) -> Any:
    if name in _NAMES and not name.startswith("_"):
        return _NAMES[name]
    raise AttributeError(
        f"beamline.torch has no {name!r}: it has what is called beside a model; import torch itself for all"
    )


def __dir__() -> list[str]:
    return sorted([*__all__, "is_tensor", *(name for name in _NAMES if not name.startswith("_"))])
