"""What it costs to complete rows under Ray and Spark: the share of time in which workers do not compute.

    python benches/wrapping.py [one] [ray] [spark]     # with beamline, ray[data], pyspark installed; nothing else should run meanwhile

Each line has the rows of a second, and two shares: of a worker's processor time beside the engine (reading columns, making prompts and
results), and of the time between the first row and the last in which a worker waited. Starting a cluster and its workers is said apart.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import beamline
from beamline import rows

ROWS, BATCH, NEW = int(os.environ.get("ROWS", "1024")), 64, 32
OPTIONS = {"prompt": "{text}", "key": "id", "seed": 1, "do_sample": True, "max_new_tokens": NEW, "eos_token_id": [], "threads": 1}


def watched(path):
    """A `Generate` that writes down, for each batch, when it began and ended, and the processor time of both engine and all."""

    class Watched(beamline.Generate):
        def __call__(self, batch):
            inner = rows.run_many
            spent = []

            def run_many(*arguments):
                begin = time.process_time()
                done = inner(*arguments)
                spent.append(time.process_time() - begin)
                return done

            rows.run_many = run_many
            begin, cpu = time.time(), time.process_time()
            try:
                done = super().__call__(batch)
            finally:
                rows.run_many = inner
            line = {"begin": begin, "end": time.time(), "cpu": time.process_time() - cpu, "engine": sum(spent)}
            with open(path, "a") as file:
                file.write(json.dumps(line) + "\n")
            return done

    return Watched(**OPTIONS)


def said(name, workers, path, began):
    every = [json.loads(line) for line in Path(path).read_text().splitlines()]
    first, last = min(one["begin"] for one in every), max(one["end"] for one in every)
    busy = sum(one["end"] - one["begin"] for one in every)
    cpu, engine = sum(one["cpu"] for one in every), sum(one["engine"] for one in every)
    print(
        f"{name:6} {workers} workers: {ROWS / (last - first):7.1f} rows/s; beside the engine {100 * (1 - engine / cpu):4.1f} % of processor time; "
        f"waiting {100 * max(0.0, 1 - busy / (workers * (last - first))):4.1f} %; started in {first - began:.1f} s",
        flush=True,
    )


def table():
    import pyarrow as pa

    begin = ["Once upon a time", "The sea", "He said that", "In the year", "A man"]
    return pa.table({"id": list(range(ROWS)), "text": [f"{begin[n % 5]} {n % 97}" for n in range(ROWS)]})


def one(folder):
    path, began = f"{folder}/one", time.time()
    complete = watched(path)
    for at in range(0, ROWS, BATCH):
        complete(table().slice(at, BATCH))
    said("one", 1, path, began)


def under_ray(folder):
    import beamline.ray
    import ray

    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, object_store_memory=150_000_000)
    ray.data.DataContext.get_current().enable_progress_bars = False
    for workers in (1, 2):
        path, began = f"{folder}/ray{workers}", time.time()
        dataset = ray.data.from_arrow(table())
        done = beamline.ray.generate(dataset, watched(path), workers=workers, batch_size=BATCH)
        done.write_parquet(f"{folder}/rayout{workers}")
        said("ray", workers, path, began)
    ray.shutdown()


def under_spark(folder):
    import beamline.spark
    from pyspark.sql import SparkSession

    os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    for workers in (1, 2):
        path, began = f"{folder}/spark{workers}", time.time()
        builder = SparkSession.builder.master(f"local[{workers},4]").config("spark.ui.enabled", "false")
        spark = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", str(BATCH)).getOrCreate()
        spark.sparkContext.setLogLevel("OFF")
        frame = spark.createDataFrame(table()).repartition(4 * workers)
        beamline.spark.generate(frame, watched(path)).write.parquet(f"{folder}/sparkout{workers}")
        said("spark", workers, path, began)
        spark.stop()


if __name__ == "__main__":
    asked = sys.argv[1:] or ["one", "ray", "spark"]
    ways = {"one": one, "ray": under_ray, "spark": under_spark}
    with tempfile.TemporaryDirectory() as temporary:
        for way in asked:
            ways[way](temporary)
