"""Completions in, the rows and scores of transformers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from beamline.results import Completion, Sequence
from beamline.transformers.prompts import Prompts


@dataclass(frozen=True)
class Run:
    """A completion, and which of its prompts is meant."""

    completion: Completion
    prompt: int

    @property
    def sequences(self) -> list[tuple[int, Sequence]]:
        """Its sequences, each with its number in the completion."""
        numbered = enumerate(self.completion.sequences)
        return [(number, sequence) for number, sequence in numbered if sequence.prompt == self.prompt]


class Generated:
    """What a call generated: a run for each prompt."""

    def __init__(self, prompts: Prompts, runs: list[Run], fill: int, beams: int, vocab: int) -> None:
        self._prompts, self._runs, self._fill, self._beams, self._vocab = prompts, runs, fill, beams, vocab
        self._found = [(at, run, *found) for at, run in enumerate(runs) for found in run.sequences]

    @property
    def steps(self) -> int:
        """How many new tokens the longest sequence has."""
        return max((len(sequence.token_ids) for *_, sequence in self._found), default=0)

    @property
    def search_steps(self) -> int:
        """How many steps a search took whose rows were kept."""
        return max(len(run.completion.rows(run.prompt)) for run in self._runs)

    def sequences(self) -> npt.NDArray[np.int64]:
        """Prompts with their padding, and the new tokens, filled up to one length: ``[rows, width + steps]``."""
        width = self._prompts.width
        rows = np.full((len(self._found), width + self.steps), self._fill, np.int64)
        for place, (at, _, _, sequence) in enumerate(self._found):
            rows[place, :width] = self._prompts.given[at]
            rows[place, width : width + len(sequence.token_ids)] = sequence.token_ids
        return rows

    def sequences_scores(self) -> npt.NDArray[np.float32]:
        """The beams' scores, ``[rows]``."""
        return np.array([sequence.score for *_, sequence in self._found], np.float32)

    def _ended(self, steps: int, rows: int) -> npt.NDArray[np.float32]:
        """Rows of sequences that have ended: the padding token is certain."""
        block = np.full((steps, rows, self._vocab), -np.inf, np.float32)
        block[..., max(self._fill, 0)] = 0
        return block

    def rows(self, which: str) -> npt.NDArray[np.float32]:
        """The ``scores`` or ``logits`` of every step, ``[steps, rows, vocab]``."""
        return self._of_beams(which) if self._beams > 1 else self._of_sequences(which)

    def _of_sequences(self, which: str) -> npt.NDArray[np.float32]:
        block = self._ended(self.steps, len(self._found))
        for place, (_, run, number, _) in enumerate(self._found):
            own = getattr(run.completion, which)(number)
            block[: len(own), place] = own
        return block

    def _of_beams(self, which: str) -> npt.NDArray[np.float32]:
        block = self._ended(self.search_steps, len(self._runs) * self._beams)
        for at, run in enumerate(self._runs):
            for step, rows in enumerate(run.completion.rows(run.prompt)):
                first, own = at * self._beams, getattr(rows, which)
                # Where all beams are the prompt itself, there is one row for all of them.
                if len(own) == 1:
                    block[step, first : first + self._beams] = own[0]
                block[step, first + rows.sequences] = own
        return block

    def beam_indices(self) -> npt.NDArray[np.int64]:
        """Which beam each token of a sequence came from, ``[rows, steps]``; -1 after its end."""
        found = np.full((len(self._found), self.steps), -1, np.int64)
        for place, (at, run, number, _) in enumerate(self._found):
            steps = run.completion.rows(run.prompt)
            path = run.completion.path(number)
            for step, node in enumerate(path[:-1]):
                beam = steps[step].sequences[steps[step].nodes == node][0]
                found[place, step] = at * self._beams + int(beam)
        return found


def transition_scores(
    sequences: npt.NDArray[Any],
    scores: npt.NDArray[np.float32],
    beam_indices: npt.NDArray[Any] | None,
    normalize: bool,
) -> npt.NDArray[np.float32]:
    """The score of each new token ``[rows, steps]`` among ``scores`` ``[steps, rows, vocab]``; 0 after a beam's end."""
    if normalize:
        below = scores - scores.max(-1, keepdims=True)
        scores = below - np.log(np.exp(below).sum(-1, keepdims=True))
    if beam_indices is None:
        beam_indices = np.repeat(np.arange(scores.shape[1])[:, None], len(scores), 1)
    steps = int((beam_indices >= 0).sum(-1).max())
    beams = beam_indices[:, :steps]
    tokens = sequences[:, sequences.shape[1] - steps :]
    found = scores[np.arange(steps)[None], np.maximum(beams, 0), tokens]
    return np.asarray(np.where(beams < 0, np.float32(0), found))
