"""Functions of logits: ``from beamline.torch.nn import functional as F``."""

from __future__ import annotations

from typing import Any

import numpy as np

from beamline.tensors.functions import log_softmax, softmax
from beamline.tensors.tensor import Tensor, tensor_of

__all__ = ["cross_entropy", "log_softmax", "softmax"]


def cross_entropy(input: Any, target: Any, ignore_index: int = -100, reduction: str = "mean") -> Tensor:
    """How surprising targets are under logits ``[n, classes]``, in nats: their mean, their sum, or each (``none``).

    >>> cross_entropy([[0.0, 0.0]], [1])
    tensor(0.6931)

    Raises:
        ValueError: when the reduction is none of them.
    """
    logprobs, ids = log_softmax(input, dim=-1).numpy(), tensor_of(target).numpy()
    counted = ids != ignore_index
    chosen = np.take_along_axis(logprobs, np.where(counted, ids, 0)[:, None], -1)[:, 0]
    losses = np.where(counted, -chosen, np.zeros((), logprobs.dtype))
    if reduction == "none":
        return Tensor(losses)
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be mean, sum or none, got {reduction!r}")
    total = losses.sum(dtype=logprobs.dtype)
    with np.errstate(all="ignore"):
        return Tensor(np.asarray(total if reduction == "sum" else total / logprobs.dtype.type(counted.sum())))


def __getattr__(name: str) -> Any:
    raise AttributeError(f"beamline.torch.nn.functional has no {name!r}; import torch itself for all of it")
