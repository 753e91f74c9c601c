"""Files of rows in, the same rows with completions out: runs that go on where they were ended.

JSONL, CSV, TSV and OpenAI's batch files are read and written by the engine, as by the command ``beamline batch``, through the
same journal: either goes on where the other was ended, and writes the same bytes. Files of Parquet and Arrow go through it by
way of pyarrow.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beamline import given
from beamline._beamline import check_options, run_files
from beamline.engine import Engine
from beamline.tables import Table, is_table


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        rows: rows that are done, those of the journal among them.
        total: rows that there are; None where the input cannot be read twice.
        resumed: rows that were found in the journal.
        errors: rows that have an error.
        running: rows that are being continued.
        prompt_tokens: tokens of prompts that this run has read itself.
        new_tokens: tokens that it has made itself.
        seconds: since it began.
    """

    rows: int
    total: int | None
    resumed: int
    errors: int
    running: int
    prompt_tokens: int
    new_tokens: int
    seconds: float


@dataclass(frozen=True)
class Summary:
    """What a run came to.

    Attributes:
        rows: rows of the output.
        errors: those of them that have an error in place of a completion.
        resumed: rows that were found in the journal, and not computed again.
        prompt_tokens: tokens of all prompts.
        new_tokens: new tokens of all rows.
        seconds: how long this run took.
    """

    rows: int
    errors: int
    resumed: int
    prompt_tokens: int
    new_tokens: int
    seconds: float


def batch(
    input: str | os.PathLike[str],  # noqa: A002 - as the command calls it
    output: str | os.PathLike[str],
    model: str | os.PathLike[str] | Engine = "builtin",
    *,
    prompt: str | None = None,
    prompt_column: str | None = None,
    messages_column: str | None = None,
    key_column: str | None = None,
    option_columns: bool = True,
    chat: bool = False,
    system: str | None = None,
    chat_template: str | None = None,
    variables: Mapping[str, Any] | None = None,
    date: str | None = None,
    format: str | None = None,  # noqa: A002 - as the command calls it
    output_format: str | None = None,
    shard: str | None = None,
    journal: bool | str | os.PathLike[str] = True,
    keep_journal: bool = False,
    salvage: bool = False,
    together: int = 64,
    cache_bytes: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Summary:
    r"""Continues the prompts of a file, row by row, and writes the rows with their completions.

    A run that is ended, at any moment and by anything, goes on where it was when it is called again, computes no finished row
    twice, and writes what it would have written at once. The output appears when it is whole. Each row draws by a seed of its
    own, of the run's ``seed`` and of its key (or its number), so nothing depends on order, shards, threads or ends.

    Rows get the columns ``text``, ``token_ids``, ``finish_reason``, ``sum_logprob`` (in nats), ``error``, and, where several
    sequences are asked for, ``sequences``. A row that cannot be completed has an ``error`` and ends nothing.

    Args:
        input: the rows: ``.jsonl``, ``.csv``, ``.tsv``; ``.parquet``, ``.arrow`` or ``.feather`` with pyarrow.
        output: where they go; a table of Parquet or Arrow goes to one of these two.
        model: as for [`Engine`][beamline.Engine], or an engine where it is to be opened in a way of its own.
        prompt: the prompt, made of columns: ``"Summarise: {text}"``; a brace that is meant is written twice.
        prompt_column: the column that is the prompt: a text or a list of token ids. Where nothing says what the prompt is, it is
            ``prompt``, or else ``messages``.
        messages_column: the column of messages to be answered by the model's chat template.
        key_column: the column that names each row: a text or an integer that no other row has.
        option_columns: whether columns that are called as decoding options, and ``options``, are the row's own.
        chat: takes each prompt as a user's message, to be answered.
        system: what the model is told before all messages.
        chat_template: the source of a chat template, in place of the model's own.
        variables: variables of the template, such as ``{"enable_thinking": False}``.
        date: the day, as ``2026-11-30``, that a template may write; today's where it is not said.
        format: how rows lie in both files: ``jsonl``, ``csv``, ``tsv`` or ``openai``; by the names of the files where it is not said.
        output_format: how they lie in the output, where that is another.
        shard: a part of the rows, such as ``"1/4"``; the outputs of all parts, joined in order, are the whole.
        journal: where finished rows are kept until the output is whole: ``True`` for beside the output, a file, or ``False``
            for nowhere.
        keep_journal: whether it stays when the output is there.
        salvage: whether to go on with what is whole of a damaged journal.
        together: rows that are continued together, 1 or more. No result depends on it.
        cache_bytes: memory for keys and values; a quarter of what the process is granted where it is not said.
        on_progress: is called about ten times a second. What it raises ends the run, whose finished rows are kept.
        options: decoding options of all rows.

    Raises:
        ValueError: when an argument is wrong or does not go with another, or the journal is another run's.
        OSError: when a file cannot be read or written.
        beamline.ModelError: when the model cannot be opened.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "in.csv").write_text("id,what\n1,time\n2,mattress\n")
    >>> batch(folder / "in.csv", folder / "out.jsonl", prompt="Once upon a {what}", max_new_tokens=3).rows
    2
    >>> json.loads((folder / "out.jsonl").read_text().splitlines()[0])["text"]
    ', I was'
    """
    if not (chat or messages_column):
        for name, value in {"system": system, "chat_template": chat_template, "variables": variables}.items():
            if value is not None and not (name == "system" and format == "openai"):
                raise ValueError(f"{name} is for conversations; give messages_column=, or chat=True")
    for name, count in {"together": together, "cache_bytes": cache_bytes}.items():
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
            raise ValueError(f"{name} must be an integer of 1 or more, got {count!r}")
    begun = time.monotonic()
    asked: dict[str, Any] = {
        "input": os.fspath(input),
        "output": os.fspath(output),
        "format": format,
        "output_format": output_format,
        "prompt": prompt,
        "prompt_column": prompt_column,
        "messages_column": messages_column,
        "key_column": key_column,
        "option_columns": option_columns,
        "chat": chat,
        "system": system,
        "chat_template": chat_template,
        "variables": dict(variables or {}),
        "date": date,
        "shard": shard,
        "journaling": journal is not False,
        "journal": None if isinstance(journal, bool) else os.fspath(journal),
        "keep_journal": keep_journal,
        "salvage": salvage,
        "together": together,
        "cache_bytes": cache_bytes,
    }
    asked_options = given.options_json(options)
    check_options(asked_options)

    def run(asked: dict[str, Any]) -> Summary:
        engine = model if isinstance(model, Engine) else Engine.shared(model)
        watch = _Watch(begun, on_progress)
        done = json.loads(run_files(engine._native, json.dumps(asked), asked_options, watch))
        return Summary(**done, seconds=time.monotonic() - begun)

    if is_table(input) or is_table(output):
        return _through_tables(asked, options, run)
    return run(asked)


class _Watch:
    """Hears lines of the run."""

    def __init__(self, begun: float, on_progress: Callable[[Progress], None] | None) -> None:
        self._begun, self._on_progress = begun, on_progress

    def __call__(self, line: str) -> None:
        told = json.loads(line)
        if "note" in told:
            warnings.warn(told["note"].removeprefix("note: "), UserWarning, stacklevel=4)
        elif self._on_progress is not None:
            self._on_progress(Progress(**told, seconds=time.monotonic() - self._begun))


def _through_tables(
    asked: dict[str, Any], options: Mapping[str, Any], run: Callable[[dict[str, Any]], Summary]
) -> Summary:
    """A run over a table: its rows as JSONL beside the output, the run, and the table with the columns that came out.

    The journal stays until the table is whole, so that an end at any moment costs nothing that was computed.
    """
    source, target = asked["input"], asked["output"]
    if not (is_table(source) and is_table(target)):
        raise ValueError(
            "a table of Parquet or Arrow goes to a table of one of the two; give input and output such names"
        )
    if asked["format"] or asked["output_format"]:
        raise ValueError("format and output_format are for files of text; a table says by its name what it is")
    if Path(source).resolve() == Path(target).resolve():
        raise ValueError(f"the input and the output are one file, {target}; give each a file of its own")
    table = Table(source)
    rows, done = f"{target}.rows.jsonl", f"{target}.done.jsonl"
    journal = asked["journal"] or f"{target}.journal"
    try:
        table.write_rows(rows, asked)
        inner = asked | {"input": rows, "output": done, "format": "jsonl", "keep_journal": asked["journaling"]}
        summary = run(inner | {"journal": journal if asked["journaling"] else None})
        several = options.get("num_return_sequences") or 1
        table.write_with(
            done, target, first=_first(asked["shard"], table.rows), several=several > 1 or table.may_have_several(asked)
        )
    finally:
        for path in (rows, done):
            Path(path).unlink(missing_ok=True)
    if asked["journaling"] and not asked["keep_journal"]:
        Path(journal).unlink(missing_ok=True)
    return summary


def _first(shard: str | None, rows: int) -> int:
    """The number of a shard's first row; the run itself has held the shard to its form."""
    if shard is None:
        return 0
    number, of = (int(part) for part in shard.split("/"))
    return rows * (number - 1) // of
