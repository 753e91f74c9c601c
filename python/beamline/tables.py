"""A file of Parquet or Arrow in, its rows as lines of JSON out; and the same table with the columns that came of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from beamline.asking import OPTIONS, Template, missing, no_column, option_names, without_gaps
from beamline.batches import KINDS, arrow_type, plain

#: Rows that are in memory at a time.
ROWS = 4096

#: The columns that a run adds, in their order.
ADDED = ("text", "token_ids", "finish_reason", "sum_logprob", "error")

#: What one of several sequences has.
_SEQUENCE = ("text", "token_ids", "finish_reason", "stop_string", "score", "sum_logprob")


def is_table(path: str | os.PathLike[str]) -> bool:
    """Whether a file's name says that it is a table of Parquet or Arrow.

    >>> [is_table(name) for name in ("rows.parquet", "rows.ARROW", "rows.jsonl")]
    [True, True, False]
    """
    return Path(path).suffix.lower() in {".parquet", ".arrow", ".feather", ".ipc"}


class Table:
    """A file of Parquet or Arrow, read in portions.

    Raises:
        ImportError: without pyarrow.
        OSError: when it cannot be read.
        ValueError: when it is no table.
    """

    def __init__(self, path: str) -> None:
        try:
            import pyarrow as pa
        except ImportError:
            raise ImportError("tables of Parquet and Arrow need pyarrow: pip install 'beamline[arrow]'") from None
        self._path = path
        try:
            if Path(path).suffix.lower() == ".parquet":
                import pyarrow.parquet

                file = pyarrow.parquet.ParquetFile(path)
                self.schema, self.rows = file.schema_arrow, file.metadata.num_rows
            else:
                with pa.memory_map(path) as opened:
                    reader = pa.ipc.open_file(opened)
                    self.schema = reader.schema
                    self.rows = sum(reader.get_batch(at).num_rows for at in range(reader.num_record_batches))
        except pa.ArrowInvalid as error:
            raise ValueError(f"{path}: it is no table: {error}") from None
        self.names: list[str] = list(self.schema.names)
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"{path}: its columns must have names of their own, got {', '.join(self.names)}")

    def _batches(self, columns: list[str] | None = None) -> Iterator[Any]:
        """Record batches of a few thousand rows, in order."""
        import pyarrow as pa

        if Path(self._path).suffix.lower() == ".parquet":
            import pyarrow.parquet

            yield from pyarrow.parquet.ParquetFile(self._path).iter_batches(ROWS, columns=columns)
            return
        with pa.memory_map(self._path) as opened:
            reader = pa.ipc.open_file(opened)
            for at in range(reader.num_record_batches):
                whole = reader.get_batch(at)
                for begin in range(0, whole.num_rows, ROWS):
                    part = whole.slice(begin, ROWS)
                    yield part if columns is None else part.select(columns)

    def _read(self, asked: dict[str, Any]) -> list[str]:
        """The columns that a run reads.

        Raises:
            ValueError: when one is missing that is named.
        """
        named = Template(asked["prompt"]).columns if asked["prompt"] is not None else []
        named += [asked[what] for what in ("prompt_column", "messages_column", "key_column") if asked[what]]
        for name in named:
            if name not in self.names:
                raise ValueError(no_column(name, self.names))
        usual = {"prompt", "messages"} | ({OPTIONS, *option_names()} if asked["option_columns"] else set())
        return [name for name in self.names if name in named or name in usual]

    def may_have_several(self, asked: dict[str, Any]) -> bool:
        """Whether a row may ask for several sequences of its own."""
        return asked["option_columns"] and not {"num_return_sequences", OPTIONS}.isdisjoint(self.names)

    def write_rows(self, path: str, asked: dict[str, Any]) -> None:
        """Writes what a run reads of each row, as a line of JSON."""
        columns = self._read(asked)
        talks = asked["messages_column"] or "messages"
        with open(path, "w", encoding="utf-8") as lines:
            for batch in self._batches(columns):
                for row in batch.to_pylist():
                    found = {name: _told(value) if name == talks else plain(value) for name, value in row.items()}
                    found = {name: None if missing(value) else value for name, value in found.items()}
                    lines.write(json.dumps(found, ensure_ascii=False, default=str) + "\n")

    def write_with(self, done: str, target: str, *, first: int, several: bool) -> None:
        """Writes the rows from ``first`` on with the columns of the lines of ``done``, one for each."""
        import pyarrow as pa

        kinds: dict[str, Any] = {name: arrow_type(KINDS[name]) for name in ADDED}
        if several:
            kinds["sequences"] = pa.list_(pa.struct([(name, arrow_type(KINDS[name])) for name in _SEQUENCE]))
        kept = [self._called(name, kinds) for name in self.names]
        schema = pa.schema([field.with_name(name) for field, name in zip(self.schema, kept, strict=True)])
        for name, kind in kinds.items():
            schema = schema.append(pa.field(name, kind))
        beside = f"{target}.part"
        with open(done, encoding="utf-8") as lines, _writer(beside, target, schema) as writer:
            for whole in self._batches():
                batch, first = whole.slice(first), max(0, first - whole.num_rows)
                found = [json.loads(line) for line in islice(lines, batch.num_rows)]
                columns = [column.slice(0, len(found)) for column in batch.columns]
                columns += [pa.array([row.get(name) for row in found], kind) for name, kind in kinds.items()]
                if found:
                    writer.write_batch(pa.record_batch(columns, schema=schema))
        with open(beside, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(beside, target)

    def _called(self, name: str, added: dict[str, Any]) -> str:
        """What a column of the input is called in the output."""
        called = name
        while called in added or (called != name and called in self.names):
            called = f"input_{called}"
        return called


def _told(messages: Any) -> Any:
    """Messages without the gaps that a column of structures has."""
    if isinstance(messages, list):
        return [without_gaps(message) for message in plain(messages)]
    return plain(messages)


def _writer(path: str, target: str, schema: Any) -> Any:
    import pyarrow as pa

    if Path(target).suffix.lower() == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.ParquetWriter(path, schema)
    return pa.ipc.new_file(path, schema)
