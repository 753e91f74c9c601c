"""What came out of a generation, with every token's numbers."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from beamline import _beamline, frames, html

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from beamline.engine import Engine

#: Where a page that the command `report` wrote has its bundle.
_IN_A_PAGE = ('<script type="application/json" id="bundle">', "</script>")


@dataclass(frozen=True)
class Verdict:
    """What a replay found.

    Attributes:
        same: whether every token and every log-probability came out again, bit for bit.
        tokens: tokens compared.
        difference: the first difference, in words.
    """

    same: bool
    tokens: int
    difference: str | None


@dataclass(frozen=True)
class StepRows:
    """Rows of logits of one step of a prompt's search, a row for each node that was looked beyond.

    Attributes:
        nodes: the nodes, ``[tips]``.
        sequences: the beam or sequence that asked for each, ``[tips]``.
        logits: the model's own, ``[tips, vocab]``; None unless they were kept.
        scores: after the processors, ``[tips, vocab]``, ``-inf`` for removed tokens; None unless they were kept.
    """

    nodes: npt.NDArray[np.int64]
    sequences: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32] | None
    scores: npt.NDArray[np.float32] | None


class Sequence:
    """A continuation of a prompt. Arrays have one entry for each new token, an end token among them.

    Attributes:
        prompt: the prompt's number, from 0.
        rank: its place among the prompt's sequences, from 0.
        text: the new text, without special tokens.
        finish_reason: ``eos``, ``length``, ``stop``, ``time``, or None where it was interrupted.
        stop_string: the stop string that ended it.
        context_full: whether it ended because the model's context was full.
        grammar_complete: whether it is whole by its grammar; None without one.
        score: a beam's score; None for other searches.
        sum_logprob: the model's log-probability of the new tokens, in nats.
    """

    prompt: int
    rank: int
    text: str
    finish_reason: str | None
    stop_string: str | None
    context_full: bool
    grammar_complete: bool | None
    score: float | None
    sum_logprob: float

    def __init__(self, native: _beamline.Completion, number: int, fields: dict[str, Any]) -> None:
        self._native = native
        self._number = number
        for name in self.__annotations__:
            setattr(self, name, fields[name])

    def __repr__(self) -> str:
        return f"Sequence({self.text!r}, finish_reason={self.finish_reason!r}, sum_logprob={self.sum_logprob:.4f})"

    def __str__(self) -> str:
        return self.text

    @cached_property
    def _columns(self) -> tuple[npt.NDArray[Any], ...]:
        return self._native.columns(self._number)

    @property
    def token_ids(self) -> npt.NDArray[np.int64]:
        """The tokens."""
        return self._columns[0]

    @property
    def logprobs(self) -> npt.NDArray[np.float64]:
        """The model's log-probability of each token over the whole vocabulary, in nats."""
        return self._columns[1]

    @property
    def logprobs_processed(self) -> npt.NDArray[np.float64]:
        """The same after the processors; of a beam, as it was added to the score."""
        return self._columns[2]

    @property
    def ranks(self) -> npt.NDArray[np.int64]:
        """Each token's place in the model's distribution, from 1."""
        return self._columns[3]

    @property
    def entropies(self) -> npt.NDArray[np.float64]:
        """The entropy of the distribution that each token was chosen from, in nats."""
        return self._columns[4]

    @cached_property
    def tokens(self) -> list[str]:
        """Each token alone as text; U+FFFD where its bytes are part of a character."""
        return self._native.token_texts(self._number)

    def _repr_html_(self) -> str:
        return html.sequence(self)


class Completion:
    """What a generation came to.

    >>> import beamline
    >>> completion = beamline.generate("Once upon a time", max_new_tokens=5)
    >>> completion.text
    ', I was not a'
    >>> completion.sequences[0].logprobs.round(2).tolist()
    [-1.71, -1.86, -2.11, -3.25, -3.01]
    """

    def __init__(self, engine: Engine, native: _beamline.Completion) -> None:
        self._engine = engine
        self._native = native
        outline = json.loads(native.outline())
        self.model: dict[str, Any] = outline["model"]
        self.effective_config: dict[str, Any] = outline["effective_config"]
        self.prompts: list[dict[str, Any]] = outline["prompts"]
        self.usage: dict[str, int] = outline["usage"]
        self.timings: dict[str, Any] = outline["timings"]
        self.sequences = [Sequence(native, number, fields) for number, fields in enumerate(outline["sequences"])]
        self._rows: dict[int, list[StepRows]] = {}

    @property
    def text(self) -> str:
        """The new text of the first sequence."""
        return self.sequences[0].text if self.sequences else ""

    @property
    def texts(self) -> list[str]:
        """The new text of each sequence, by prompt, then rank."""
        return [sequence.text for sequence in self.sequences]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Completion({self.texts!r})"

    def rows(self, prompt: int = 0) -> list[StepRows]:
        """The rows of logits of a prompt's search, step by step, as far as they were kept (``output_logits``, ``output_scores``)."""
        if prompt not in self._rows:
            self._rows[prompt] = [StepRows(*step) for step in self._native.rows(prompt)]
        return self._rows[prompt]

    def path(self, sequence: int = 0) -> npt.NDArray[np.int64]:
        """The nodes of a sequence, as ``rows`` names them: the prompt's, then one for each token."""
        return self._native.path(sequence)

    def _along(self, sequence: int, which: str) -> npt.NDArray[np.float32]:
        """The rows that a sequence's tokens were chosen from, ``[n, vocab]``."""
        of = self.sequences[sequence]
        path = self.path(sequence)
        found: dict[tuple[int, int | None], npt.NDArray[np.float32]] = {}
        for step in self.rows(of.prompt):
            rows = getattr(step, which)
            if rows is not None:
                for place, (node, asked) in enumerate(zip(step.nodes, step.sequences, strict=True)):
                    found[int(node), int(asked)] = found[int(node), None] = rows[place]
        if not found:
            raise ValueError(f"no {which} were kept; generate with output_{which}=True")
        # Sequences that draw from one node may have shaped their rows apart.
        return np.stack([found.get((int(node), of.rank), found[int(node), None]) for node in path[:-1]])

    def logits(self, sequence: int = 0) -> npt.NDArray[np.float32]:
        """The model's logits that each token of a sequence was chosen from, ``[n, vocab]``.

        Raises:
            ValueError: unless they were kept with ``output_logits=True``.
        """
        return self._along(sequence, "logits")

    def scores(self, sequence: int = 0) -> npt.NDArray[np.float32]:
        """What the processors made of them, ``[n, vocab]``; ``-inf`` for tokens that they removed.

        Raises:
            ValueError: unless they were kept with ``output_scores=True``.
        """
        return self._along(sequence, "scores")

    def to_dict(self) -> dict[str, Any]:
        """All of it, as the command ``generate --json`` has it."""
        return cast("dict[str, Any]", json.loads(self._native.json()))

    def columns(self) -> dict[str, Any]:
        """A row for each token of each sequence, by column."""
        each = self.sequences
        lengths = [len(sequence.token_ids) for sequence in each]

        def joined(name: str, dtype: Any) -> npt.NDArray[Any]:
            return np.concatenate([np.empty(0, dtype), *(getattr(sequence, name) for sequence in each)])

        return {
            "prompt": np.repeat([sequence.prompt for sequence in each], lengths),
            "rank": np.repeat([sequence.rank for sequence in each], lengths),
            "position": np.concatenate([np.empty(0, np.int64), *(np.arange(length) for length in lengths)]),
            "token_id": joined("token_ids", np.int64),
            "token": [token for sequence in each for token in sequence.tokens],
            "logprob": joined("logprobs", np.float64),
            "logprob_processed": joined("logprobs_processed", np.float64),
            "vocab_rank": joined("ranks", np.int64),
            "entropy": joined("entropies", np.float64),
        }

    def to_pandas(self) -> pd.DataFrame:
        """A row for each token of each sequence, as a data frame of pandas."""
        return frames.pandas(self.columns())

    def to_arrow(self) -> pa.Table:
        """A row for each token of each sequence, as a table of pyarrow."""
        return frames.arrow(self.columns())

    def bundle(self) -> dict[str, Any]:
        """What is needed to run it again: the prompt's tokens, options and seeds, and every token with its log-probability.

        Raises:
            ValueError: where functions of one's own took part, or ``max_time`` decided: nobody could run that again.
        """
        return cast("dict[str, Any]", json.loads(bundle_of(self)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it, beside the old file and then in its place: ``.json`` is what ``engine.replay`` runs again, ``.html`` the
        page that the command ``report`` writes, with pictures and without need of a network.

        Raises:
            ValueError: when the name ends in neither, or it cannot be run again.
        """
        to = Path(path)
        if to.suffix == ".json":
            text = bundle_of(self) + "\n"
        elif to.suffix == ".html":
            text = _beamline.report(self._engine._native, self._native)
        else:
            raise ValueError(f"{to}: a completion is saved as .json or .html")
        beside = to.with_name(f".{to.name}.{os.getpid()}.part")
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(to)
        finally:
            beside.unlink(missing_ok=True)

    def _repr_html_(self) -> str:
        return html.completion(self)


def bundle_of(given: Completion | str | os.PathLike[str]) -> str:
    """The bundle of a completion or of a file, as JSON."""
    if isinstance(given, Completion):
        return given._native.bundle()
    text = Path(given).read_text(encoding="utf-8")
    before, after = _IN_A_PAGE
    if before in text:
        text = text.split(before, 1)[1].split(after, 1)[0]
    return text


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads the bundle that [`Completion.save`][beamline.Completion.save] or the command ``report`` wrote."""
    return cast("dict[str, Any]", json.loads(bundle_of(path)))
