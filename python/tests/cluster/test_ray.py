"""Ray Data on a local cluster of two nodes, with an actor that is killed in the middle."""

import os
import time

import pytest

import beamline

os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")  # a busy machine takes its time
ray = pytest.importorskip("ray", reason="SKIPPED: ray is not there")
pytest.importorskip("ray.data", reason="SKIPPED: ray[data] is not there")
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 3, "object_store_memory": 150_000_000}
    cluster = Cluster(initialize_head=True, head_node_args=node | {"include_dashboard": False})
    cluster.add_node(**node)
    ray.init(address=cluster.address, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    assert sum(node["Alive"] for node in ray.nodes()) == 2
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def dataset(cluster, columns, tmp_path):
    """Three files of Parquet, which Ray would make one block of."""
    import pyarrow as pa
    import pyarrow.parquet

    table = pa.table(columns)
    (tmp_path / "in").mkdir()
    for part in range(3):
        pyarrow.parquet.write_table(table.slice(part * 80, 80), tmp_path / "in" / f"{part}.parquet")
    return ray.data.read_parquet(str(tmp_path / "in"))


def written(dataset, folder):
    """The rows, written and read again."""
    import pyarrow.dataset

    begin = time.monotonic()
    dataset.write_parquet(str(folder / "out"))
    print(f"{time.monotonic() - begin:.1f} s")
    return pyarrow.dataset.dataset(folder / "out", format="parquet").to_table().to_pylist()


def test_two_nodes_give_what_one_process_gives(dataset, watched, same, log, tmp_path):
    done = beamline.ray.generate(dataset, watched(), workers=3, batch_size=16)
    rows = done.take_all()
    same(rows)
    assert [row["id"] for row in rows] == [f"row {number}" for number in range(240)]
    assert log.computed == 240
    assert log.processes > 1
    print(f"together: {log.computed} rows computed by {log.processes} processes")


def test_a_killed_actor_costs_its_block_and_nothing_else(dataset, watched, same, log, tmp_path):
    done = beamline.ray.generate(dataset, watched("kill"), workers=3, batch_size=8, rows_per_block=16)
    same(written(done, tmp_path))
    assert log.marker.exists()
    assert 240 <= log.computed < 300
    print(f"killed: {log.computed} rows computed by {log.processes} processes")


def test_a_block_that_raises_is_tried_again(dataset, watched, same, log, tmp_path):
    done = beamline.ray.generate(dataset, watched("raise"), workers=2, batch_size=16)
    same(written(done, tmp_path))
    assert log.marker.exists()
    print(f"raised: {log.computed} rows computed by {log.processes} processes")


def test_the_class_itself_is_what_ray_takes(dataset, complete, expected, tmp_path):
    arguments = {"prompt": "{text}", "key": "id", "seed": 11, "threads": 1}
    parted = ray.data.read_parquet(str(tmp_path / "in" / "2.parquet")).repartition(target_num_rows_per_block=40)
    for batch_format in ("numpy", "pandas"):
        done = parted.map_batches(
            beamline.Generate,
            fn_constructor_args=["builtin"],
            fn_constructor_kwargs=arguments | {"do_sample": True, "max_new_tokens": 8, "temperature": 0.8},
            batch_size=40,
            batch_format=batch_format,
            compute=ray.data.ActorPoolStrategy(size=1),
            num_cpus=1,
        )
        rows = done.take_all()
        assert len(rows) == 80
        assert [row["text"] for row in rows] == [expected[row["id"]]["text"] for row in rows]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"cpus": 0.5}, "cpus must be an integer of 1 or more, got 0.5"),
        ({"workers": 0}, "workers must be"),
        ({"workers": (2, 1)}, "the fewest and the most"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"rows_per_block": 0}, "rows_per_block must be"),
        ({"retries": -1}, "retries must be"),
    ],
)
def test_numbers_out_of_range_are_refused(dataset, complete, arguments, says):
    with pytest.raises(ValueError, match=says):
        beamline.ray.generate(dataset, complete, **arguments)
