"""Spark: a data frame of prompts in, the frame with completions out, by ``mapInArrow`` or ``mapInPandas``.

>>> import beamline, beamline.spark
>>> from pyspark.sql import SparkSession
>>> spark = SparkSession.builder.master("local[1]").getOrCreate()
>>> frame = spark.createDataFrame([(1, "Once upon a time")], ["id", "text"])
>>> complete = beamline.Generate(prompt="{text}", key="id", max_new_tokens=3)
>>> [row.text for row in beamline.spark.generate(frame, complete).collect()]
[', I was']

A worker of Python opens the model once, and keeps it for all tasks that Spark gives it (``spark.python.worker.reuse``, which is
on unless somebody turned it off). Spark sets ``OMP_NUM_THREADS`` to the cores of a task, which is how many threads a worker then has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from beamline.rows import Generate

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Frame(Protocol):
    """What is needed of a data frame of Spark, classic or of Spark Connect."""

    schema: Any

    def mapInArrow(self, func: Any, schema: Any) -> Any: ...  # noqa: D102, N802


def generate(frame: Frame, complete: Generate) -> Any:
    """Completes the rows of a data frame of Spark.

    Rows are computed when an action asks for them, and again by each action: write them, or keep them (``persist``). A task
    that fails is tried again as often as ``spark.task.maxFailures`` says (4 on clusters; a plain ``local[2]`` tries nothing
    again, ``local[2,4]`` does), and its rows come out as they would have.

    Args:
        frame: the rows.
        complete: what to do with them. ``spark.sql.execution.arrow.maxRecordsPerBatch`` (10,000) says how many rows it gets at a
            time.
    """
    return frame.mapInArrow(in_arrow(complete), schema(complete, frame.schema))


def in_arrow(complete: Generate) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function for ``frame.mapInArrow(in_arrow(complete), schema(complete, frame.schema))``."""

    def batches(given: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in given:
            yield complete(batch)

    return batches


def in_pandas(complete: Generate) -> Callable[[Iterable[pd.DataFrame]], Iterator[pd.DataFrame]]:
    """The function for ``frame.mapInPandas(in_pandas(complete), schema(complete, frame.schema))``."""

    def frames(given: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for frame in given:
            yield complete(frame)

    return frames


def schema(complete: Generate, of: Any) -> Any:
    """The schema of the rows that come out.

    Args:
        complete: what is done with rows.
        of: the schema of the rows that go in.
    """
    from pyspark.sql.types import (
        ArrayType,
        DataType,
        DoubleType,
        LongType,
        StringType,
        StructField,
        StructType,
    )

    def spark_type(kind: str) -> DataType:
        if kind.startswith("list<"):
            return ArrayType(spark_type(kind[5:-1]))
        return {"string": StringType(), "int64": LongType(), "double": DoubleType()}[kind]

    renamed = complete.renamed(of.names)
    kept = [StructField(renamed.get(one.name, one.name), one.dataType, one.nullable, one.metadata) for one in of.fields]
    return StructType([*kept, *(StructField(name, spark_type(kind)) for name, kind in complete.added.items())])
