"""What studies found, as objects that notebooks show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from beamline import frames, html

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Score:
    """How probable a text is. Arrays have an entry for each token, the prefix's among them.

    Attributes:
        tokens: each token alone as text.
        token_ids: the tokens, ``[n]``.
        prefix_tokens: how many of them are the prefix's, which are not summed.
        logprobs: the log-probability of each given those before it, in nats; NaN for a first token, which follows nothing.
        ranks: its place in the distribution, from 1; 0 for a first token.
        entropies: the distribution's entropy, in nats; NaN for a first token.
        sum_logprob: the text's log-probability, in nats.
        mean_logprob: for each token; None where none was scored.
        perplexity: ``exp(-mean_logprob)``.
        bits_per_byte: bits for each byte of the tokens scored.
    """

    tokens: list[str]
    token_ids: npt.NDArray[np.int64]
    prefix_tokens: int
    logprobs: npt.NDArray[np.float64]
    ranks: npt.NDArray[np.int64]
    entropies: npt.NDArray[np.float64]
    sum_logprob: float
    mean_logprob: float | None
    perplexity: float | None
    bits_per_byte: float | None

    def columns(self) -> dict[str, Any]:
        """A row for each token, by column."""
        return {
            "token_id": self.token_ids,
            "token": self.tokens,
            "logprob": self.logprobs,
            "vocab_rank": self.ranks,
            "entropy": self.entropies,
        }

    def to_pandas(self) -> pd.DataFrame:
        """A row for each token, as a data frame of pandas."""
        return frames.pandas(self.columns())

    def to_arrow(self) -> pa.Table:
        """A row for each token, as a table of pyarrow."""
        return frames.arrow(self.columns())

    def _repr_html_(self) -> str:
        return html.score(self)


def score_of(report: str) -> Score:
    """A report of the engine, as JSON, as a score."""
    read = json.loads(report)

    def column(name: str, missing: float, dtype: Any) -> npt.NDArray[Any]:
        return np.array([missing if token[name] is None else token[name] for token in read["tokens"]], dtype)

    return Score(
        tokens=[token["text"] for token in read["tokens"]],
        token_ids=np.array(read["token_ids"], np.int64),
        prefix_tokens=read["prefix_tokens"],
        logprobs=column("logprob", np.nan, np.float64),
        ranks=column("rank", 0, np.int64),
        entropies=column("entropy", np.nan, np.float64),
        sum_logprob=read["sum_logprob"],
        mean_logprob=read["mean_logprob"],
        perplexity=read["perplexity"],
        bits_per_byte=read["bits_per_byte"],
    )


class Contrast:
    """Why one text is more probable than another.

    Attributes:
        a: the first text's numbers.
        b: the other's.
        difference: the first's log-probability less the other's, in nats.
        common: tokens that both begin with.
        steps: for each place ``a`` and ``b`` (a token, or None past the end), what the place adds, and all up to it.
    """

    def __repr__(self) -> str:
        return f"Contrast(difference={self.difference:.4f}, steps={len(self.steps)})"

    def __init__(self, found: dict[str, Any]) -> None:
        self.a = score_of(json.dumps(found["a"]))
        self.b = score_of(json.dumps(found["b"]))
        self.difference: float = found["difference"]
        self.common: int = found["common"]
        self.steps: list[dict[str, Any]] = found["steps"]

    def columns(self) -> dict[str, Any]:
        """A row for each place, by column."""

        def of(step: dict[str, Any], text: str, name: str) -> Any:
            return None if step[text] is None else step[text][name]

        return {
            "a": [of(step, "a", "text") for step in self.steps],
            "a_logprob": [of(step, "a", "logprob") for step in self.steps],
            "b": [of(step, "b", "text") for step in self.steps],
            "b_logprob": [of(step, "b", "logprob") for step in self.steps],
            "difference": [step["difference"] for step in self.steps],
            "cumulative": [step["cumulative"] for step in self.steps],
        }

    def to_pandas(self) -> pd.DataFrame:
        """A row for each place, as a data frame of pandas."""
        return frames.pandas(self.columns())

    def _repr_html_(self) -> str:
        return html.contrast(self)


class Inspection:
    """The best candidates of every step; ``steps`` are objects as ``inspect --json`` has them."""

    def __repr__(self) -> str:
        return f"Inspection(steps={len(self.steps)})"

    def __init__(self, found: dict[str, Any]) -> None:
        self.prompt_token_ids: list[int] = found["prompt_token_ids"]
        self.steps: list[dict[str, Any]] = found["steps"]

    def columns(self) -> dict[str, Any]:
        """A row for each candidate of each step, by column."""
        rows = [(number, step, one) for number, step in enumerate(self.steps) for one in step["candidates"]]
        names = ("id", "text", "logit", "logprob", "prob", "prob_processed", "rank", "removed_by")
        return {
            "step": [number for number, _, _ in rows],
            "input": [step["input"] for _, step, _ in rows],
            "chosen": [step["chosen"]["id"] == one["id"] for _, step, one in rows],
            **{name: [one[name] for _, _, one in rows] for name in names},
        }

    def to_pandas(self) -> pd.DataFrame:
        """A row for each candidate of each step, as a data frame of pandas."""
        return frames.pandas(self.columns())

    def to_arrow(self) -> pa.Table:
        """A row for each candidate of each step, as a table of pyarrow."""
        return frames.arrow(self.columns())

    def _repr_html_(self) -> str:
        return html.inspection(self)


class Comparison:
    """Strategies side by side; ``runs`` are objects as ``compare --json`` has them."""

    def __repr__(self) -> str:
        return f"Comparison(runs={len(self.runs)})"

    def __init__(self, found: dict[str, Any]) -> None:
        self.prompt: str = found["prompt"]
        self.runs: list[dict[str, Any]] = found["runs"]

    def columns(self) -> dict[str, Any]:
        """A row for each text of each strategy, by column."""
        rows = [(run["name"], text) for run in self.runs for text in run["texts"]]
        names = ("seed", "mean_logprob", "perplexity")
        measures = ("length", "distinct_1", "distinct_2", "distinct_3", "repeated_4", "longest_repeat")
        return {
            "way": [name for name, _ in rows],
            "text": [text["text"] for _, text in rows],
            "sum_logprob": [text["sum_logprob"] for _, text in rows],
            **{name: [text[name] for _, text in rows] for name in names},
            **{name: [text["measures"][name] for _, text in rows] for name in measures},
        }

    def to_pandas(self) -> pd.DataFrame:
        """A row for each text of each strategy, as a data frame of pandas."""
        return frames.pandas(self.columns())

    def to_arrow(self) -> pa.Table:
        """A row for each text of each strategy, as a table of pyarrow."""
        return frames.arrow(self.columns())

    def _repr_html_(self) -> str:
        return html.comparison(self)


class SearchTree:
    """Every candidate that a search considered.

    Attributes:
        prompt: the prompt's text.
        candidates: objects with ``parent`` (a place in this list; None for the prompt), ``depth``, ``id``, ``text``,
            ``logprob``, ``score``, ``rank``, ``fate``, ``finish_reason``.
        winner: the places of the winner's candidates.
        greedy: what greedy search would have said, as token ids.
    """

    def __repr__(self) -> str:
        return f"SearchTree(candidates={len(self.candidates)})"

    def __init__(self, found: dict[str, Any]) -> None:
        self.prompt: str = found["prompt"]
        self.candidates: list[dict[str, Any]] = found["candidates"]
        self.winner: list[int] = found["winner"]
        self.greedy: list[int] = found["greedy"]

    def to_pandas(self) -> pd.DataFrame:
        """A row for each candidate, as a data frame of pandas."""
        names = ("parent", "depth", "id", "text", "logprob", "score", "rank", "fate", "finish_reason")
        return frames.pandas({name: [one[name] for one in self.candidates] for name in names})


class Attention:
    """Where a head looks.

    Attributes:
        tokens: the prompt's tokens as texts.
        weights: how much each looks at each, ``[n, n]``; rows sum to 1.
        layer: the layer, from 0.
        head: the head, from 0; None for the mean of all.
    """

    def __repr__(self) -> str:
        return f"Attention(layer={self.layer}, head={self.head}, tokens={len(self.tokens)})"

    def __init__(self, found: dict[str, Any]) -> None:
        self.tokens: list[str] = found["tokens"]
        self.weights: npt.NDArray[np.float32] = np.array(found["weights"], np.float32)
        self.layer: int = found["layer"]
        self.head: int | None = found["head"]
