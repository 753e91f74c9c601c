"""Draws of tokens from torch's stream of random numbers, in the order in which torch takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from beamline.own import Outlook, Tree
from beamline.tensors.generator import default_generator
from beamline.transformers.arrays import Kind
from beamline.transformers.seeds import torch_itself


class Source:
    """The stream that a program's draws come from: torch's own, or that of ``beamline.torch``."""

    def __init__(self, kind: Kind) -> None:
        self._torch: Any = None
        if kind is Kind.TORCH:
            self._torch = torch_itself()

    def exponentials(self, rows: int, vocab: int) -> npt.NDArray[np.float32]:
        """The next numbers ``[rows, vocab]`` of the exponential distribution, which races for tokens are run with."""
        if self._torch is not None:
            return np.asarray(self._torch.empty(rows, vocab).exponential_().numpy())
        return default_generator.exponentials(rows * vocab).reshape(rows, vocab)

    def seed(self) -> int:
        """A seed drawn from the stream, for draws that do not follow torch's."""
        if self._torch is not None:
            return int(self._torch.randint(0, 2**31, (1,)).item())
        return int(default_generator.doubles(1)[0] * 2**31)

    def fresh_seed(self) -> int | None:
        """The seed, where nothing was drawn since it was set."""
        if self._torch is not None:
            seed = self._torch.initial_seed()
            begun = self._torch.Generator().manual_seed(seed).get_state()
            return int(seed) if bool((begun == self._torch.get_rng_state()).all()) else None
        return default_generator.initial_seed() if default_generator.is_fresh() else None

    def skip(self, rows: int, vocab: int, steps: int) -> None:
        """Passes over the numbers of steps that drew elsewhere."""
        for _ in range(steps):
            self.exponentials(rows, vocab)

    def probabilities(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The softmax of a row, by torch's arithmetic where torch is there."""
        if self._torch is not None:
            return np.asarray(self._torch.from_numpy(scores).softmax(-1).numpy())
        powers: npt.NDArray[np.float32] = np.exp(scores - scores.max())
        return np.asarray(powers * (np.float32(1) / powers.sum(dtype=np.float32)))


class Draws:
    """The draws of all rows of a call: at each step every row takes its numbers in turn, also one that has ended."""

    def __init__(self, source: Source, rows: int, sequences: int, vocab: int) -> None:
        self._source, self._rows, self._sequences, self._vocab = source, rows, sequences, vocab
        self._steps: list[npt.NDArray[np.float32] | None] = []
        self._left: list[int] = []
        self._going, self._made = rows, 0

    def numbers(self, step: int, row: int) -> npt.NDArray[np.float32]:
        """The numbers of a row at a step. Steps of a row are asked for once each."""
        while len(self._steps) <= step:
            self._steps.append(self._source.exponentials(self._rows, self._vocab))
            self._left.append(self._going)
        kept = self._steps[step]
        if kept is None:
            raise RuntimeError(f"the draws of step {step} are gone")
        found: npt.NDArray[np.float32] = kept[row]
        self._used(step)
        return found

    def _used(self, step: int) -> None:
        """Lets go of a step's numbers when no row will ask for them."""
        self._left[step] -= 1
        if not self._left[step]:
            self._steps[step] = None

    def ended(self, step: int) -> None:
        """Takes note that a row drew its last token at a step."""
        self._going -= 1
        for later in range(step + 1, len(self._steps)):
            self._used(later)

    def pick(self, scores: npt.NDArray[np.float32], step: int, row: int) -> int:
        """The token that wins the race."""
        with np.errstate(all="ignore"):
            race = self._source.probabilities(scores) / self.numbers(step, row)
        return int(race.argmax())

    def next_prompt(self, prompt: Any, max_new_tokens: int) -> Sampling:
        """The search of the next prompt; prompts are asked for in their order."""
        del prompt, max_new_tokens
        first, self._made = self._made, self._made + self._sequences
        return Sampling(self, first, self._sequences)


class Sampling:
    """Sampling of a prompt's sequences with the draws of its rows."""

    streams = True

    def __init__(self, draws: Draws, first_row: int, sequences: int) -> None:
        self._draws, self._first = draws, first_row
        self._tips = [0] * sequences

    def frontier(self, tree: Tree) -> list[int | tuple[int, int]]:
        """The ends of the sequences that go on."""
        return [(tip, number) for number, tip in enumerate(self._tips) if tree.finished(tip) is None]

    def grow(self, tree: Tree, outlooks: list[Outlook]) -> None:
        """Draws a token for each."""
        for outlook in outlooks:
            number, step = outlook.sequence, tree.depth(outlook.node)
            token = self._draws.pick(outlook.scores, step, self._first + number)
            tip = self._tips[number] = tree.extend(outlook, token)
            if tree.finished(tip) is not None:
                self._draws.ended(step)

    def results(self, tree: Tree) -> list[int | tuple[int, float]]:
        """All sequences."""
        del tree
        return list(self._tips)
