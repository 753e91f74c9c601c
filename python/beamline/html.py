"""Results in, pieces of HTML out: for notebooks, without scripts and without network."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beamline.results import Completion, Sequence
    from beamline.studies import Comparison, Contrast, Inspection, Score

#: Rows of a table that are shown; the rest is counted.
MOST_ROWS = 60

#: How surprising a token must be, in nats, for the deepest colour.
DEEPEST = 8.0


def _visible(text: str) -> str:
    """A token's text with its white space to be seen."""
    return escape(text.replace("\n", "↵")).replace("  ", " &nbsp;")


def token(text: str, logprob: float, title: str) -> str:
    """A token, the redder the more surprising it was. The colour lets light and dark pages shine through."""
    depth = 0.0 if math.isnan(logprob) else min(-logprob / DEEPEST, 1.0)
    style = f"background:rgba(208,80,30,{0.65 * depth:.2f});border-radius:2px;white-space:pre-wrap"
    return f'<span style="{style}" title="{escape(title)}">{_visible(text)}</span>'


def _numbers(logprob: float, rank: int, entropy: float) -> str:
    if math.isnan(logprob):
        return "it follows nothing"
    return f"p = {math.exp(logprob):.4g}, log p = {logprob:.4f}, rank {rank}, entropy {entropy:.3f} nats"


def _tokens(texts: list[str], logprobs: Any, ranks: Any, entropies: Any) -> str:
    rows = zip(texts, logprobs.tolist(), ranks.tolist(), entropies.tolist(), strict=True)
    return "".join(
        token(text, logprob, f"{text!r}: {_numbers(logprob, rank, entropy)}") for text, logprob, rank, entropy in rows
    )


def _head(heading: str) -> str:
    return f'<div style="opacity:.7;font-size:90%">{escape(heading)}</div>'


def table(headings: list[str], rows: list[list[str]]) -> str:
    """A table; cells are HTML."""
    head = "".join(f'<th style="text-align:left">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in row) + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    rest = f"<p>and {len(rows) - MOST_ROWS} more rows</p>" if len(rows) > MOST_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"


def sequence(of: Sequence) -> str:
    """A sequence, coloured by surprise."""
    score = "" if of.score is None else f", score {of.score:.4f}"
    end = f", ended by {of.finish_reason}" if of.finish_reason else ""
    heading = _head(f"{len(of.token_ids)} tokens, log p = {of.sum_logprob:.4f}{score}{end}")
    return f"<div>{_tokens(of.tokens, of.logprobs, of.ranks, of.entropies)}{heading}</div>"


def completion(of: Completion) -> str:
    """A completion: each prompt with its sequences."""
    parts = []
    for number, prompt in enumerate(of.prompts):
        parts.append(f'<p style="white-space:pre-wrap"><b>{escape(prompt["text"])}</b></p>')
        parts.extend(sequence(one) for one in of.sequences if one.prompt == number)
    return f'<div lang="">{"".join(parts)}</div>'


def score(of: Score) -> str:
    """A scored text, coloured by surprise."""
    perplexity = "" if of.perplexity is None else f", perplexity {of.perplexity:.3f}"
    heading = _head(f"log p = {of.sum_logprob:.4f} over {len(of.tokens) - of.prefix_tokens} tokens{perplexity}")
    return f"<div>{_tokens(of.tokens, of.logprobs, of.ranks, of.entropies)}{heading}</div>"


def contrast(of: Contrast) -> str:
    """Two texts, token by token."""
    rows = []
    for step in of.steps:
        cells = []
        for one in (step["a"], step["b"]):
            logprob = None if one is None else one["logprob"]
            cells += ["" if one is None else _visible(one["text"]), "" if logprob is None else f"{logprob:.4f}"]
        rows.append([*cells, f"{step['difference']:+.4f}", f"{step['cumulative']:+.4f}"])
    heading = _head(f"log p = {of.a.sum_logprob:.4f} and {of.b.sum_logprob:.4f}: a difference of {of.difference:+.4f}")
    return table(["a", "log p", "b", "log p", "difference", "together"], rows) + heading


def _stages(step: dict[str, Any]) -> str:
    """What each processor leaves of the candidates of a step."""
    rows = []
    for number, one in enumerate(step["candidates"]):
        left = [stage["probs"][number] for stage in step["stages"]]
        cells = ["removed" if p == 0 else f"{100 * p:.2f}%" for p in left]
        name = f"<b>{_visible(one['text'])}</b>" if one["id"] == step["chosen"]["id"] else _visible(one["text"])
        rows.append([name, f"{100 * one['prob']:.2f}%", *cells])
    rows.append(["tokens left", "", *(str(stage["kept"]) for stage in step["stages"])])
    heading = f'<p style="white-space:pre-wrap">{_visible(step["input"])}</p>'
    return heading + table(["Token", "p", *(stage["processor"] for stage in step["stages"])], rows)


def inspection(of: Inspection) -> str:
    """The step table: the best candidates, the chosen one bold; or what each processor leaves, where that was asked for."""
    if any(step.get("stages") for step in of.steps):
        return "".join(_stages(step) for step in of.steps)
    most = max((len(step["candidates"]) for step in of.steps), default=0)

    def cell(step: dict[str, Any], one: dict[str, Any]) -> str:
        text = f"{_visible(one['text'])} ({100 * one['prob']:.2f}%)"
        chosen = one["id"] == step["chosen"]["id"]
        faded = f'<s title="removed by {escape(one["removed_by"])}">{text}</s>' if one["removed_by"] else text
        return f"<b>{faded}</b>" if chosen else faded

    rows = []
    for step in of.steps:
        cells = [cell(step, one) for one in step["candidates"]]
        rest = f"{step['rest']['count']} tokens ({100 * step['rest']['prob']:.2f}%)"
        rows.append([_visible(step["input"]), *cells, *[""] * (most - len(cells)), rest])
    return table(["Input", *(f"Choice {number + 1}" for number in range(most)), "All others"], rows)


def comparison(of: Comparison) -> str:
    """Strategies side by side."""
    rows = []
    for run in of.runs:
        for text in run["texts"]:
            perplexity = text["perplexity"]
            numbers = "" if perplexity is None else f"{perplexity:.3f}"
            rows.append([escape(run["name"]), _visible(text["text"]), f"{text['sum_logprob']:.3f}", numbers])
    return table(["Way", "Text", "log p", "Perplexity"], rows)
