"""Daft: a data frame of prompts in, the frame with completions out.

>>> import daft, beamline, beamline.daft
>>> frame = daft.from_pydict({"id": [1], "text": ["Once upon a time"]})
>>> complete = beamline.Generate(prompt="{text}", key="id", max_new_tokens=3)
>>> beamline.daft.generate(frame, complete).to_pydict()["text"]
[', I was']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beamline.batches import arrow_type
from beamline.rows import Generate

if TYPE_CHECKING:
    import daft


def generate(frame: daft.DataFrame, complete: Generate, *, workers: int = 1, batch_size: int = 64) -> daft.DataFrame:
    """Completes the rows of a frame of Daft, on this machine or on a cluster.

    Args:
        frame: the rows.
        complete: what to do with them; its ``threads`` are those of each worker.
        workers: instances that work side by side, 1 or more.
        batch_size: rows that are handed to one at a time, 1 or more.

    Raises:
        ValueError: when a number is out of its range, or a column is missing.
    """
    import daft
    import pyarrow as pa

    for what, value in (("workers", workers), ("batch_size", batch_size)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{what} must be an integer of 1 or more, got {value!r}")
    names = complete.reads(frame.column_names)
    fields = {name: daft.DataType.from_arrow_type(arrow_type(kind)) for name, kind in complete.added.items()}

    @daft.cls(max_concurrency=workers)
    class Worker:
        """What an instance is."""

        def __init__(self, complete: Generate) -> None:
            self.complete = complete

        @daft.method.batch(return_dtype=daft.DataType.struct(fields), batch_size=batch_size)
        def completions(self, *columns: daft.Series) -> Any:
            """The new columns, as one of structures."""
            table = pa.table([column.to_arrow() for column in columns], names=names)
            return self.complete.only_added(table).to_struct_array().combine_chunks()

    renamed = complete.renamed(frame.column_names)
    rows = frame.with_column("beamline", Worker(complete).completions(*(daft.col(name) for name in names)))
    kept = [daft.col(name).alias(renamed.get(name, name)) for name in frame.column_names]
    return rows.select(*kept, *(daft.col("beamline").get(name).alias(name) for name in complete.added))
