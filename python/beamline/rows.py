"""A batch of rows in, the same rows with completions out: the class that data frames and clusters take.

What a row comes to depends on the model, the options and the row, and on nothing else: not on the batch it is in, its neighbours,
the partition, the worker, threads, or how often it was tried.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Sequence as Sequence_
from copy import copy
from typing import Any, TypeAlias

from beamline import batches, given
from beamline._beamline import GenerationError, check_options, run_many
from beamline.asking import Asked, Asking, RowError
from beamline.engine import Engine

#: The columns that are added where nothing else is asked for.
COLUMNS = ("text", "finish_reason", "prompt_tokens", "new_tokens", "sum_logprob", "error")

_OPENING = {"dtype": None, "activations": None, "threads": None, "pre": None, "mapped": True}

Found: TypeAlias = "tuple[str, list[int], str | None, str | None, float | None, float, list[float]]"
Done: TypeAlias = "tuple[int, list[Found]] | tuple[str, str]"


class Generate:
    """Completes the prompts of batches of rows: called with a batch, it gives the batch with columns added.

    A batch is a dict of numpy arrays, a table or record batch of pyarrow, a data frame of pandas or polars, or anything with
    Arrow's ``__arrow_c_stream__``; what comes back is of the same kind (of the last, a table of pyarrow). The model is
    opened in the process that is called, once for all calls, so an instance pickles to less than a kilobyte.

    Each row draws by a seed of its own, of ``seed`` and of its key, so its text is the same in any order, partition, worker and
    retry, bit for bit, and the same as that of ``beamline batch`` with this key.

    Columns that are called as decoding options (``temperature``, ``seed``, ...), and the column ``options`` with a JSON object
    of them, are options of their row and go before those of the run, unless ``option_columns`` is False.

    Args:
        model: as for [`Engine`][beamline.Engine], or an engine.
        prompt: a column of texts or of lists of token ids (``"prompt"`` where nothing else is said), or a template: a text with
            columns in braces, ``"Summarise: {text}"``; a brace that is meant is written twice.
        messages: a column of conversations in place of a prompt: lists of messages, or the same as JSON.
        key: a column that names each row: a text or an integer that no other row has. Without one the prompt (of a template,
            as filled in) is the key, so equal prompts get equal texts.
        seed: the run's seed.
        output: what the column of texts is called. Where it is not ``text``, the others begin with it: ``answer_error``.
            A column of the batch that has such a name is called ``input_`` and its name in what comes back.
        columns: which columns to add: of ``text``, ``texts`` (of all sequences), ``finish_reason``, ``stop_string``,
            ``prompt_tokens``, ``new_tokens`` (of all sequences), ``sum_logprob`` (in nats), ``score`` (of a beam),
            ``token_ids``, ``logprobs`` (one for each token), ``error``. Where there are several sequences, those of one are the
            best's.
        option_columns: whether columns can be options.
        on_error: ``"column"`` gives a row that cannot be completed an ``error`` and no text; ``"raise"`` raises.
        chat: takes each prompt as a user's message, to be answered by the model's chat template.
        system: what the model is told before all messages.
        chat_template: the source of a chat template, in place of the model's own.
        date: the day, as ``2026-11-30``, that a template may write; today's where it is not said, so that texts of another day may
            differ.
        together: rows that are continued together, 1 or more. No result depends on it.
        dtype, activations, threads, pre, mapped: as for [`Engine`][beamline.Engine].
        options: decoding options of the run.

    Raises:
        ValueError: when an argument is wrong; when called, also when an option is, or a column is missing.

    >>> complete = Generate(prompt="Once upon a {what}", max_new_tokens=3)
    >>> batch = complete({"what": ["time", None]})
    >>> batch["text"].tolist()
    [', I was', None]
    >>> batch["error"].tolist()
    [None, "the column 'what' is null, and the prompt needs it"]
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Engine = "builtin",
        *,
        prompt: str | None = None,
        messages: str | None = None,
        key: str | None = None,
        seed: int = 0,
        output: str = "text",
        columns: Sequence_[str] = COLUMNS,
        option_columns: bool = True,
        on_error: str = "column",
        chat: bool = False,
        system: str | None = None,
        chat_template: str | None = None,
        date: str | None = None,
        together: int = 64,
        dtype: str | None = None,
        activations: str | None = None,
        threads: int | None = None,
        pre: str | None = None,
        mapped: bool = True,
        **options: Any,
    ) -> None:
        opening = {"dtype": dtype, "activations": activations, "threads": threads, "pre": pre, "mapped": mapped}
        if isinstance(model, Engine) and (changed := [name for name in opening if opening[name] != _OPENING[name]]):
            raise ValueError(f"an engine is open already: {', '.join(changed)} cannot be given with it")
        if on_error not in ("column", "raise"):
            raise ValueError(f'on_error must be "column" or "raise", got {on_error!r}')
        if isinstance(together, bool) or not isinstance(together, int) or together < 1:
            raise ValueError(f"together must be an integer of 1 or more, got {together!r}")
        if chat_template is not None and not (chat or messages):
            raise ValueError("chat_template is for conversations; give messages=, or chat=True")
        self._model: str | Engine = model if isinstance(model, Engine) else os.fspath(model)
        self._opening = opening
        self._asking = Asking(
            prompt=prompt,
            messages=messages,
            key=key,
            option_columns=option_columns,
            chat=chat,
            system=system,
        )
        self._added = _added(columns, output, on_error)
        self._raises = on_error == "raise"
        self._chat_template = chat_template
        self._together = together
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**64:
            raise ValueError(f"seed must be an integer in [0, 2^64), got {seed!r}")
        self._day = _day(date)
        self._options = given.options_json(options | {"seed": seed})
        check_options(self._options)
        self._is_checked = False

    def __repr__(self) -> str:
        model = self._model.model if isinstance(self._model, Engine) else self._model
        return f"Generate({model!r}, {self._asking.column!r} -> {', '.join(self._added.values())})"

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_is_checked": False}

    def on(self, threads: int) -> Generate:
        """The same with this many threads, whatever was asked for before: for who shares out the cores of a machine."""
        if isinstance(self._model, Engine):
            raise ValueError(
                "an engine has its threads already; give Generate the model's name, so that each worker opens it"
            )
        other = copy(self)
        other._opening = self._opening | {"threads": given.threads(threads)}
        return other

    @property
    def engine(self) -> Engine:
        """The engine of this process, opened when it is first asked for."""
        if isinstance(self._model, Engine):
            return self._model
        return Engine.shared(self._model, **self._opening)

    @property
    def added(self) -> dict[str, str]:
        """The columns that are added, by name, each with its type as Arrow calls it.

        >>> Generate(columns=["text", "error"], output="answer").added
        {'answer': 'string', 'answer_error': 'string'}
        """
        return {called: batches.KINDS[name] for name, called in self._added.items()}

    def renamed(self, names: Sequence_[str]) -> dict[str, str]:
        """What columns of a batch are called in what comes back, where that is not their name.

        >>> Generate(prompt="Summarise: {text}").renamed(["id", "text"])
        {'text': 'input_text'}
        """
        found: dict[str, str] = {}
        for name in names:
            called = name
            while called in self._added.values() or (called != name and called in names):
                called = f"input_{called}"
            if called != name:
                found[name] = called
        return found

    def reads(self, names: Sequence_[str]) -> list[str]:
        """The columns that it reads, of those that there are.

        >>> Generate(prompt="Summarise: {text}", key="id").reads(["id", "title", "text", "seed"])
        ['text', 'id', 'seed']

        Raises:
            ValueError: when one is missing that is needed.
        """
        return self._asking.columns(list(names))

    def only_added(self, batch: Any) -> Any:
        """The columns that are added alone, in the same kind of batch."""
        return batches.picked(self(batch), list(self.added))

    def __call__(self, batch: Any) -> Any:
        """The batch with completions.

        Raises:
            ValueError: when an option of the run is wrong, or a column is missing.
            TypeError: when it is no batch.
            beamline.ModelError: when the model cannot be opened.
            beamline.GenerationError: where ``on_error`` is ``"raise"``, when a row fails.
        """
        opened = batches.opened(batch)
        names = self._asking.columns(opened.names)
        columns = [opened.values(name) for name in names]
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        results = self._results(rows)
        new = {
            called: (batches.KINDS[name], [result[name] for result in results]) for name, called in self._added.items()
        }
        return opened.extended(self.renamed(opened.names), new)

    def complete(self, rows: Sequence_[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows as dicts, with the columns that are added.

        >>> Generate(columns=["text", "error"], max_new_tokens=3).complete([{"prompt": "Once upon a time"}])
        [{'prompt': 'Once upon a time', 'text': ', I was', 'error': None}]
        """
        found = []
        for row in rows:
            self._asking.columns(list(row))
        for row, result in zip(rows, self._results(rows), strict=True):
            renamed = self.renamed(list(row))
            kept = {renamed.get(name, name): value for name, value in row.items()}
            found.append(kept | {called: result[name] for name, called in self._added.items()})
        return found

    def _results(self, rows: Sequence_[dict[str, Any]]) -> list[dict[str, Any]]:
        """What each row came to, by the names of all columns that could be added."""
        engine = self.engine
        if not self._is_checked:
            engine.effective_config(**json.loads(self._options))
            self._is_checked = True
        results: list[dict[str, Any]] = [{}] * len(rows)
        asked: dict[str, list[tuple[int, tuple[str | list[int], str | None, str]]]] = {}
        for number, row in enumerate(rows):
            try:
                one = self._asking.asked(row)
                options, prompt = self._prompted(engine, one)
                asked.setdefault(options, []).append((number, (prompt, one.options, one.key)))
            except RowError as error:
                results[number] = self._failed("usage", str(error))
        for options, several in asked.items():
            done: list[Done] = run_many(engine._native, options, [row for _, row in several], self._together)
            for (number, _), one_done in zip(several, done, strict=True):
                results[number] = self._failed(*one_done) if isinstance(one_done[0], str) else _found(*one_done)  # type: ignore[arg-type]
        return results

    def _prompted(self, engine: Engine, asked: Asked) -> tuple[str, str | list[int]]:
        """The run's options for a row, and its prompt."""
        if not isinstance(asked.prompt, dict):
            return self._options, asked.prompt
        try:
            _, ids, ends = engine._native.chat_prompt(
                json.dumps(asked.prompt, default=str), self._chat_template, self._day
            )
        except ValueError as error:
            raise RowError(str(error)) from None
        options = json.loads(self._options)
        if ends:
            options.setdefault("eos_token_id", ends)
        return json.dumps(options), ids

    def _failed(self, kind: str, message: str) -> dict[str, Any]:
        if self._raises:
            raise (ValueError if kind == "usage" else GenerationError)(message)
        empty: dict[str, Any] = dict.fromkeys(batches.KINDS)
        return empty | {"prompt_tokens": 0, "new_tokens": 0, "error": " ".join(message.split())}


def _found(prompt_tokens: int, sequences: list[Found]) -> dict[str, Any]:
    """What a row came to, by column."""
    text, ids, finish, stop, score, logprob, logprobs = sequences[0]
    return {
        "text": text,
        "texts": [sequence[0] for sequence in sequences],
        "finish_reason": finish,
        "stop_string": stop,
        "prompt_tokens": prompt_tokens,
        "new_tokens": sum(len(sequence[1]) for sequence in sequences),
        "sum_logprob": logprob,
        "score": score,
        "token_ids": ids,
        "logprobs": logprobs,
        "error": None,
    }


def _added(columns: Sequence_[str], output: str, on_error: str) -> dict[str, str]:
    """The columns to be added, and what each is called."""
    if isinstance(columns, str) or not columns:
        raise ValueError(f"columns must be a list of names, got {columns!r}; known are {', '.join(batches.KINDS)}")
    for name in columns:
        if name not in batches.KINDS:
            raise ValueError(
                f"columns has {name!r}, which is no column of a result; known are {', '.join(batches.KINDS)}"
            )
    if "error" not in columns and on_error == "column":
        raise ValueError('columns must have "error" where on_error is "column": a row that fails would be silent')
    if not output:
        raise ValueError("output must be the name of a column, got an empty text")
    prefix = "" if output == "text" else f"{output}_"
    return {name: output if name == "text" else f"{prefix}{name}" for name in dict.fromkeys(columns)}


def _day(date: str | None) -> int | None:
    """A date as days since 1970."""
    if date is None:
        return None
    try:
        return (datetime.date.fromisoformat(date) - datetime.date(1970, 1, 1)).days
    except (TypeError, ValueError):
        raise ValueError(f"date must be a day as YYYY-MM-DD, got {date!r}") from None
