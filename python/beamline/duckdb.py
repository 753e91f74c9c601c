"""DuckDB: a function of SQL that completes prompts.

>>> import duckdb, beamline, beamline.duckdb
>>> connection = duckdb.connect()
>>> complete = beamline.Generate(prompt="{text}", key="id", max_new_tokens=3)
>>> beamline.duckdb.register(connection, "complete", complete, {"text": "VARCHAR", "id": "BIGINT"})
>>> connection.sql("SELECT complete('Once upon a time', 1).text").fetchall()
[(', I was',)]

A whole relation needs no function: ``complete(relation)`` gives a table of pyarrow, which SQL reads by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from beamline.batches import arrow_type
from beamline.rows import Generate

if TYPE_CHECKING:
    import duckdb

_TYPES = {"string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE"}


def register(
    connection: duckdb.DuckDBPyConnection, name: str, complete: Generate, parameters: Mapping[str, str]
) -> None:
    """Makes a function of SQL that gives, for each row, a structure of the columns that `complete` adds.

    DuckDB calls it with 2,048 rows at the most. Write its result down (``CREATE TABLE ... AS``): what is asked for twice in
    a query may be computed twice.

    Args:
        connection: where the function is to be known.
        name: what SQL calls it.
        complete: what to do with rows.
        parameters: its parameters in their order: columns that `complete` reads (of the prompt, the key, options), each with its type
            in SQL.

    Raises:
        ValueError: when a column that is needed is no parameter, or a parameter is not read.
    """
    import pyarrow as pa

    names = list(parameters)
    reads = complete.reads(names)
    if idle := [one for one in names if one not in reads]:
        raise ValueError(f"parameters has {idle[0]!r}, which is neither part of the prompt nor the key nor an option")
    struct = pa.struct([pa.field(one, arrow_type(kind)) for one, kind in complete.added.items()])
    returned = ", ".join(f'"{one}" {_sql(kind)}' for one, kind in complete.added.items())

    def completions(*columns: Any) -> Any:
        done = complete.only_added(pa.table(list(columns), names=names))
        return done.to_struct_array().cast(struct)

    # DuckDB counts the parameters.
    each = [Parameter(f"column_{number}", Parameter.POSITIONAL_ONLY) for number in range(len(names))]
    completions.__signature__ = Signature(each)  # type: ignore[attr-defined]
    kinds: list[Any] = list(parameters.values())
    connection.create_function(
        name, completions, kinds, f"STRUCT({returned})", type="arrow", null_handling="special", side_effects=False
    )


def _sql(kind: str) -> str:
    """A kind of column in SQL."""
    return f"{_sql(kind[5:-1])}[]" if kind.startswith("list<") else _TYPES[kind]
