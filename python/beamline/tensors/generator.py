"""Random numbers as torch has them on a CPU, seed for seed."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt


class Generator:
    """The Mersenne Twister, seeded and read as torch does on a CPU.

    >>> Generator().manual_seed(0).exponentials(2).tolist() == Generator().manual_seed(0).exponentials(2).tolist()
    True
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = device
        self.manual_seed(int.from_bytes(os.urandom(8), "little") >> 1)

    def manual_seed(self, seed: int) -> Generator:
        """Begins anew from a seed, of which the low 32 bits count, as in torch.

        Raises:
            ValueError: when it is not in ``-2**63..2**64``.
        """
        seed = int(seed)
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"a seed must be in -2**63..2**64, got {seed}")
        self._seed, self._drawn = seed % 2**64, False
        bits = np.random.MT19937()
        # RandomState seeds the twister as its authors do, and torch too.
        state: Any = np.random.RandomState(seed % 2**32).get_state(legacy=False)
        bits.state = state
        self._bits: Any = bits
        return self

    def initial_seed(self) -> int:
        """The seed that it began from."""
        return self._seed

    def seed(self) -> int:
        """Begins anew from a seed of the system's, and gives it."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little") >> 1).initial_seed()

    def is_fresh(self) -> bool:
        """Whether nothing was drawn since it was seeded."""
        return not self._drawn

    def get_state(self) -> dict[str, Any]:
        """Where it stands, for [`set_state`][beamline.tensors.Generator.set_state]."""
        return {**self._bits.state, "seed": self._seed, "drawn": self._drawn}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes back to where it stood."""
        self._seed, self._drawn = state["seed"], state["drawn"]
        self._bits.state = {name: value for name, value in state.items() if name not in ("seed", "drawn")}

    def _words(self, count: int) -> npt.NDArray[np.uint64]:
        self._drawn = True
        return np.asarray(self._bits.random_raw(count), np.uint64)

    def doubles(self, count: int) -> npt.NDArray[np.float64]:
        """Numbers in ``[0, 1)`` of 53 bits: two words each, the first one high."""
        words = self._words(2 * count).reshape(count, 2)
        bits = (words[:, 0] << np.uint64(32)) | words[:, 1]
        return np.asarray((bits & np.uint64((1 << 53) - 1)).astype(np.float64) * 2.0**-53)

    def floats(self, count: int) -> npt.NDArray[np.float32]:
        """Numbers in ``[0, 1)`` of 24 bits, a word each."""
        words = self._words(count) & np.uint64((1 << 24) - 1)
        return np.asarray(words.astype(np.float64) * 2.0**-24, np.float32)

    def exponentials(self, count: int) -> npt.NDArray[np.float32]:
        """Numbers of the exponential distribution with mean 1."""
        return np.asarray(-np.log1p(-self.doubles(count)), np.float32)


#: What draws use where they name no other.
default_generator = Generator()
