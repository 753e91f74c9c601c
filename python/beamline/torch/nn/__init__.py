"""Functions of tensors; layers are torch's own."""

from __future__ import annotations

from typing import Any

from beamline.torch.nn import functional

__all__ = ["functional"]


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"beamline.torch.nn has no {name!r}: networks of your own, and their training, need torch itself; import torch"
    )
