"""A batch of any kind in, its columns as plain values out; and a batch of the same kind, with more columns."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

#: What columns of a result hold, by Arrow's names.
KINDS = {
    "text": "string",
    "texts": "list<string>",
    "finish_reason": "string",
    "stop_string": "string",
    "prompt_tokens": "int64",
    "new_tokens": "int64",
    "sum_logprob": "double",
    "score": "double",
    "token_ids": "list<int64>",
    "logprobs": "list<double>",
    "error": "string",
}


class Batch(Protocol):
    """Rows of some library."""

    names: list[str]

    def __len__(self) -> int: ...

    def values(self, name: str) -> list[Any]:
        """A column as plain Python values."""
        ...

    def extended(self, renamed: dict[str, str], new: dict[str, tuple[str, list[Any]]]) -> Any:
        """The same kind of batch with columns renamed, and with new ones: each of a kind and its values."""
        ...


def plain(value: Any) -> Any:
    """A value without numpy or pandas in it, down to its parts: what pandas has in place of null (NA, NaT) is None."""
    pandas = sys.modules.get("pandas")  # without it nothing of its kind is there
    if pandas is not None and (value is pandas.NA or value is pandas.NaT):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return [plain(one) for one in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value


class _Arrays:
    """Columns by name, arrays of numpy or lists: what Ray gives."""

    def __init__(self, batch: Mapping[str, Any]) -> None:
        self._batch = batch
        self.names = list(batch)
        lengths = {len(column) for column in batch.values()}
        if len(lengths) > 1:
            raise ValueError(f"the columns of a batch must be equally long, got {sorted(lengths)} rows")
        self._rows = lengths.pop() if lengths else 0

    def __len__(self) -> int:
        return self._rows

    def values(self, name: str) -> list[Any]:
        return [plain(value) for value in self._batch[name]]

    def extended(self, renamed: dict[str, str], new: dict[str, tuple[str, list[Any]]]) -> dict[str, Any]:
        kept = {renamed.get(name, name): column for name, column in self._batch.items()}
        return kept | {name: _array(kind, values) for name, (kind, values) in new.items()}


def _array(kind: str, values: list[Any]) -> Any:
    if kind == "int64":
        return np.array(values, np.int64)
    if kind == "double":
        return np.array([np.nan if value is None else value for value in values], np.float64)
    array = np.empty(len(values), object)
    array[:] = values
    return array


class _Table:
    """A table or record batch of Arrow, or whatever else gives itself as one."""

    def __init__(self, table: Any, *, is_record_batch: bool = False) -> None:
        self._table, self._is_record_batch = table, is_record_batch
        self.names = list(table.column_names)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def values(self, name: str) -> list[Any]:
        return list(self._table.column(name).to_pylist())

    def extended(self, renamed: dict[str, str], new: dict[str, tuple[str, list[Any]]]) -> Any:
        import pyarrow as pa

        table = self._table.rename_columns([renamed.get(name, name) for name in self.names])
        for name, (kind, values) in new.items():
            table = table.append_column(pa.field(name, arrow_type(kind)), pa.array(values, arrow_type(kind)))
        if not self._is_record_batch:
            return table
        parts = table.combine_chunks().to_batches()
        return parts[0] if parts else pa.RecordBatch.from_pylist([], schema=table.schema)


def arrow_type(kind: str) -> Any:
    """Arrow's type of a kind of column."""
    import pyarrow as pa

    if kind.startswith("list<"):
        return pa.list_(arrow_type(kind[5:-1]))
    return {"string": pa.string(), "int64": pa.int64(), "double": pa.float64()}[kind]


class _Pandas:
    """A data frame of pandas."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self.names = [str(name) for name in frame.columns]
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"the columns of a frame must have names of their own, got {', '.join(self.names)}")

    def __len__(self) -> int:
        return len(self._frame)

    def values(self, name: str) -> list[Any]:
        return [plain(value) for value in self._frame.iloc[:, self.names.index(name)].tolist()]

    def extended(self, renamed: dict[str, str], new: dict[str, tuple[str, list[Any]]]) -> Any:
        import pandas as pd

        kept = self._frame.rename(columns=renamed)
        added = {
            name: pd.Series(
                _array(kind, values), index=kept.index, dtype=None if kind in ("int64", "double") else object
            )
            for name, (kind, values) in new.items()
        }
        return kept.assign(**added)


class _Polars:
    """A data frame of polars."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self.names = list(frame.columns)

    def __len__(self) -> int:
        return len(self._frame)

    def values(self, name: str) -> list[Any]:
        return list(self._frame.get_column(name).to_list())

    def extended(self, renamed: dict[str, str], new: dict[str, tuple[str, list[Any]]]) -> Any:
        import polars as pl

        added = [pl.Series(name, values, dtype=polars_type(kind)) for name, (kind, values) in new.items()]
        return self._frame.rename(renamed).with_columns(added)


def polars_type(kind: str) -> Any:
    """The data type of polars for a kind of column."""
    import polars as pl

    if kind.startswith("list<"):
        return pl.List(polars_type(kind[5:-1]))
    return {"string": pl.String, "int64": pl.Int64, "double": pl.Float64}[kind]


def picked(batch: Any, names: list[str]) -> Any:
    """Some columns of a batch that was extended, in the same kind of batch."""
    if isinstance(batch, dict):
        return {name: batch[name] for name in names}
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(batch, pandas.DataFrame):
        return batch[names]
    return batch.select(names)


def opened(batch: Any) -> Batch:
    """A batch of any kind that is known: a dict of arrays, a table or record batch of Arrow, a frame of pandas or polars, or
    what gives itself by Arrow's capsules.

    Raises:
        TypeError: when it is none of these.
    """
    if isinstance(batch, Mapping):
        return _Arrays(batch)
    pandas, polars, pyarrow = (sys.modules.get(name) for name in ("pandas", "polars", "pyarrow"))
    if pandas is not None and isinstance(batch, pandas.DataFrame):
        return _Pandas(batch)
    if polars is not None and isinstance(batch, polars.DataFrame):
        return _Polars(batch)
    if pyarrow is not None and isinstance(batch, pyarrow.RecordBatch):
        return _Table(pyarrow.Table.from_batches([batch]), is_record_batch=True)
    if hasattr(batch, "__arrow_c_stream__"):
        import pyarrow as pa

        return _Table(pa.table(batch))
    raise TypeError(
        "a batch is a dict of arrays, a table of pyarrow, a frame of pandas or polars, or what has __arrow_c_stream__, "
        f"got {type(batch).__name__}; collect a lazy frame first"
    )
