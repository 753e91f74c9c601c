"""Tensors without torch: numpy arrays that behave as notebooks use torch's tensors on a CPU.

[`beamline.torch`][beamline.torch] is the face of this package under torch's names.
"""

from __future__ import annotations

from beamline.tensors.dtypes import Device, DType
from beamline.tensors.generator import Generator
from beamline.tensors.tensor import Tensor

__all__ = ["DType", "Device", "Generator", "Tensor"]
