"""Polars: completions in lazy frames and in expressions. A data frame needs neither: ``complete(frame)``.

>>> import polars as pl, beamline, beamline.polars
>>> complete = beamline.Generate(prompt="{text}", key="id", max_new_tokens=3)
>>> frame = pl.LazyFrame({"id": [1], "text": ["Once upon a time"]})
>>> beamline.polars.generate(frame, complete).collect()["text"].to_list()
[', I was']
>>> frame.select("id", beamline.polars.completions(complete, "id", "text").struct.field("text")).collect()["text"].to_list()
[', I was']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beamline.batches import polars_type
from beamline.rows import Generate

if TYPE_CHECKING:
    import polars as pl


def generate(frame: pl.LazyFrame, complete: Generate) -> pl.LazyFrame:
    """Completes the rows of a lazy frame when it is collected; of a stream, batch by batch.

    Raises:
        ValueError: when a column is missing.
    """
    import polars as pl

    schema = frame.collect_schema()
    complete.reads(schema.names())
    renamed = complete.renamed(schema.names())
    kept = {renamed.get(name, name): kind for name, kind in schema.items()}
    added = {name: polars_type(kind) for name, kind in complete.added.items()}
    return frame.map_batches(
        complete,
        schema=pl.Schema(kept | added),
        streamable=True,
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
    )


def completions(complete: Generate, *columns: str) -> pl.Expr:
    """A column of structures, of the columns that `complete` adds.

    Args:
        complete: what to do with rows.
        columns: the columns that it is to read.

    Raises:
        ValueError: when a column is missing that is needed.
    """
    import polars as pl

    complete.reads(list(columns))
    struct = pl.Struct({name: polars_type(kind) for name, kind in complete.added.items()})

    def done(rows: pl.Series) -> pl.Series:
        return complete.only_added(rows.struct.unnest()).to_struct("completion")

    return pl.struct(*columns).map_batches(done, return_dtype=struct, is_elementwise=True)
