"""DuckDB, Polars and Daft: the same rows as one process gives."""

import pytest

import beamline

pytestmark = pytest.mark.filterwarnings("default")


def test_duckdb_gives_what_one_process_gives(columns, complete, same, expected):
    duckdb = pytest.importorskip("duckdb", reason="SKIPPED: duckdb is not there")
    import pyarrow as pa

    connection = duckdb.connect()
    connection.register("rows", pa.table(columns))
    parameters = {"id": "VARCHAR", "text": "VARCHAR", "temperature": "DOUBLE"}
    beamline.duckdb.register(connection, "complete", complete, parameters)
    connection.sql("CREATE TABLE done AS SELECT id, complete(id, text, temperature) AS c FROM rows")
    found = connection.sql("SELECT id, c.* FROM done").to_arrow_table().to_pylist()
    assert len(found) == len(expected)
    for row in found:
        assert row == {name: expected[row["id"]][name] for name in row}
    same(complete(connection.sql("SELECT * FROM rows")).to_pylist())
    with pytest.raises(ValueError, match="neither part of the prompt"):
        beamline.duckdb.register(connection, "other", complete, parameters | {"title": "VARCHAR"})
    with pytest.raises(ValueError, match="there is no column 'text'"):
        beamline.duckdb.register(connection, "other", complete, {"id": "VARCHAR"})


def test_polars_gives_what_one_process_gives(columns, complete, same):
    pl = pytest.importorskip("polars", reason="SKIPPED: polars is not there")
    frame = pl.DataFrame(columns)
    same(complete(frame).to_dicts())
    lazy = beamline.polars.generate(frame.lazy(), complete)
    same(lazy.collect().to_dicts())
    same(lazy.collect(engine="streaming").to_dicts())
    assert lazy.collect_schema() == lazy.collect().schema
    wide = frame.with_columns(beamline.polars.completions(complete, "id", "text", "temperature").alias("c"))
    same(wide.rename({"text": "input_text"}).unnest("c").to_dicts())
    with pytest.raises(ValueError, match="there is no column 'text'"):
        beamline.polars.generate(frame.lazy().drop("text"), complete)


def test_daft_gives_what_one_process_gives(columns, complete, same):
    daft = pytest.importorskip("daft", reason="SKIPPED: daft is not there")
    frame = daft.from_pydict(columns)
    for workers in (1, 2):
        same(beamline.daft.generate(frame, complete, workers=workers, batch_size=50).to_pylist())
    with pytest.raises(ValueError, match="workers must be"):
        beamline.daft.generate(frame, complete, workers=0)
    with pytest.raises(ValueError, match="there is no column 'text'"):
        beamline.daft.generate(frame.exclude("text"), complete)
