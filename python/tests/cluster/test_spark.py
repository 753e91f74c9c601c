"""Spark on this machine, with tasks that fail."""

import os

import pytest

import beamline

pyspark = pytest.importorskip("pyspark", reason="SKIPPED: pyspark is not there")
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def spark():
    import shutil
    import sys

    if not shutil.which("java"):
        pytest.skip("SKIPPED: there is no java, which Spark needs")
    os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2,4]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "10")
        .config("spark.driver.memory", "1g")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture
def frame(spark, columns):
    rows = list(zip(*columns.values(), strict=True))
    return spark.createDataFrame(rows, "id string, text string, temperature double").repartition(6)


def collected(frame):
    return [row.asDict() for row in frame.collect()]


def test_spark_gives_what_one_process_gives(frame, watched, same, log):
    same(collected(beamline.spark.generate(frame, watched())))
    assert log.computed == 240
    assert log.processes == 2


@pytest.mark.parametrize("strike", ["raise", "kill"])
def test_a_task_that_fails_is_done_again(frame, watched, same, log, tmp_path, strike):
    done = beamline.spark.generate(frame, watched(strike))
    done.write.parquet(str(tmp_path / "out"))
    import pyarrow.dataset

    same(pyarrow.dataset.dataset(tmp_path / "out", format="parquet").to_table().to_pylist())
    assert log.marker.exists()
    assert 240 < log.computed <= 300
    print(f"{strike}: {log.computed} rows computed by {log.processes} processes")


def test_pandas_in_spark_too(frame, complete, same):
    done = frame.mapInPandas(beamline.spark.in_pandas(complete), beamline.spark.schema(complete, frame.schema))
    same(collected(done))


def test_a_worker_has_the_threads_of_its_task(spark):
    def threads(batches):
        import pandas

        for _ in batches:
            yield pandas.DataFrame({"threads": [beamline.Engine.shared().threads]})

    assert {row.threads for row in spark.range(2, numPartitions=2).mapInPandas(threads, "threads long").collect()} == {
        1
    }
