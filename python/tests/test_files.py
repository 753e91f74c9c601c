"""Files in, files out: what the command writes, and what Parquet and Arrow come to."""

import json
import os
import subprocess
import sys
import time

import pytest

import beamline

pa = pytest.importorskip("pyarrow", reason="SKIPPED: pyarrow is not there")
import pyarrow.parquet  # noqa: E402

DRAWS = {"do_sample": True, "max_new_tokens": 8, "seed": 7}
ROWS = [
    {"id": number, "what": ["time", "table", "midnight"][number % 3], "top_k": [None, 5][number % 2]}
    for number in range(40)
]
ADDED = ["text", "token_ids", "finish_reason", "sum_logprob", "error"]


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.mark.filterwarnings("ignore:.*column")
def test_the_output_is_that_of_the_command(rows, tmp_path):
    binary = os.environ.get("BEAMLINE")
    if not binary:
        pytest.skip("SKIPPED: BEAMLINE does not name the command, so nothing can be compared with it")
    options = [
        "--prompt",
        "Once upon a {what}",
        "--key-column",
        "id",
        "--do-sample",
        "--max-new-tokens",
        "8",
        "--seed",
        "7",
    ]
    paths = ["--input", str(rows), "--output", str(tmp_path / "command.jsonl")]
    subprocess.run([binary, "batch", *paths, *options], check=True, capture_output=True)
    told = []
    done = beamline.batch(
        rows, tmp_path / "own.jsonl", prompt="Once upon a {what}", key_column="id", on_progress=told.append, **DRAWS
    )
    assert (done.rows, done.errors, done.resumed) == (40, 0, 0)
    assert done.new_tokens == 320
    assert (tmp_path / "own.jsonl").read_bytes() == (tmp_path / "command.jsonl").read_bytes()
    assert told[0].total == 40
    assert not (tmp_path / "own.jsonl.journal").exists()


@pytest.mark.filterwarnings("ignore:.*column")
def test_parts_are_the_whole(rows, tmp_path):
    ask = {"prompt": "Once upon a {what}", **DRAWS}
    beamline.batch(rows, tmp_path / "whole.jsonl", **ask)
    for number in range(1, 4):
        beamline.batch(rows, tmp_path / f"{number}.jsonl", shard=f"{number}/3", **ask)
    parts = b"".join((tmp_path / f"{number}.jsonl").read_bytes() for number in range(1, 4))
    assert parts == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.filterwarnings("ignore:.*column")
@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_a_table_gets_what_lines_get(rows, tmp_path, ending):
    beamline.batch(rows, tmp_path / "own.jsonl", prompt="Once upon a {what}", key_column="id", **DRAWS)
    expected = [json.loads(line) for line in (tmp_path / "own.jsonl").read_text().splitlines()]
    table = pa.Table.from_pylist([row | {"text": b"\x00"} for row in ROWS])
    source = _written(table, tmp_path / f"in.{ending}")
    whole = tmp_path / f"out.{ending}"
    done = beamline.batch(source, whole, prompt="Once upon a {what}", key_column="id", **DRAWS)
    assert done.rows == 40
    found = _read(whole)
    assert found.column_names == ["id", "what", "top_k", "input_text", *ADDED]
    assert found.select(["id", *ADDED]).to_pylist() == [
        {name: row[name] for name in ["id", *ADDED]} for row in expected
    ]
    assert found.column("input_text").to_pylist() == [b"\x00"] * 40
    assert sorted(path.name for path in tmp_path.glob("out.*")) == [whole.name]
    parts = []
    for number in (1, 2):
        path = tmp_path / f"part{number}.{ending}"
        beamline.batch(source, path, prompt="Once upon a {what}", key_column="id", shard=f"{number}/2", **DRAWS)
        parts.append(_read(path))
    assert pa.concat_tables(parts).equals(found)


def test_several_sequences_are_a_column_of_their_own(tmp_path):
    source = _written(pa.table({"prompt": ["The sea", None]}), tmp_path / "in.parquet")
    beamline.batch(source, tmp_path / "out.parquet", num_beams=3, num_return_sequences=2, max_new_tokens=4)
    sea, none = _read(tmp_path / "out.parquet").to_pylist()
    assert sea["sequences"][0]["token_ids"] == sea["token_ids"]
    assert len(sea["sequences"]) == 2
    assert (none["text"], none["sequences"]) == (None, None)
    assert "null" in none["error"] or "prompt" in none["error"]


@pytest.mark.filterwarnings("ignore:.*column")
@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_killed_run_goes_on(rows, tmp_path, ending):
    many = [row | {"id": number} for number, row in enumerate(ROWS * 50)]
    source = tmp_path / f"many.{ending}"
    if ending == "jsonl":
        source.write_text("".join(json.dumps(row) + "\n" for row in many))
    else:
        _written(pa.Table.from_pylist(many), source)
    whole, target = tmp_path / f"whole.{ending}", tmp_path / f"out.{ending}"
    ask = {"prompt": "Once upon a {what}", "key_column": "id", **DRAWS}
    beamline.batch(source, whole, **ask)
    script = f"import warnings, beamline; warnings.simplefilter('ignore'); beamline.batch({str(source)!r}, {str(target)!r}, **{ask!r})"
    process = subprocess.Popen([sys.executable, "-c", script])
    journal = tmp_path / f"out.{ending}.journal"
    end = time.monotonic() + 60
    while time.monotonic() < end and not (journal.exists() and journal.stat().st_size > 50_000):
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not target.exists()
    done = beamline.batch(source, target, **ask)
    assert 0 < done.resumed < done.rows == 2000
    assert _read(target).equals(_read(whole)) if ending == "parquet" else target.read_bytes() == whole.read_bytes()
    assert not journal.exists()


@pytest.mark.filterwarnings("ignore:.*column")
def test_what_a_callback_raises_ends_the_run_and_keeps_what_is_finished(rows, tmp_path):
    def stop(progress):
        if progress.rows:
            raise InterruptedError("enough")

    ask = {"prompt": "Once upon a {what}", "together": 4, **DRAWS}
    with pytest.raises(InterruptedError, match="enough"):
        beamline.batch(rows, tmp_path / "out.jsonl", on_progress=stop, **(ask | {"max_new_tokens": 60}))
    assert (tmp_path / "out.jsonl.journal").exists()
    with pytest.raises(ValueError, match="max_new_tokens|go on as it was begun"):
        beamline.batch(rows, tmp_path / "out.jsonl", **ask)
    assert beamline.batch(rows, tmp_path / "out.jsonl", **(ask | {"max_new_tokens": 60})).rows == 40


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"input": "nowhere.jsonl"}, FileNotFoundError, "nowhere.jsonl"),
        ({"input": "nowhere.parquet", "output": "o.parquet"}, FileNotFoundError, "nowhere.parquet"),
        ({"output": "out.parquet"}, ValueError, "goes to a table"),
        ({"shard": "3/2"}, ValueError, "a shard is a number"),
        ({"format": "xml"}, ValueError, "one of jsonl, csv, tsv, openai"),
        ({"prompt": "{where}"}, ValueError, "where"),
        ({"together": 0}, ValueError, "together must be"),
        ({"system": "Be kind."}, ValueError, "system is for conversations"),
        ({"temperature": -1.0, "do_sample": True}, ValueError, "temperature"),
        ({"max_new_token": 1}, ValueError, "max_new_tokens"),
        ({"output": "nowhere/out.jsonl"}, FileNotFoundError, "give output a file"),
    ],
)
def test_what_is_wrong_is_refused(rows, tmp_path, monkeypatch, change, error, says):
    monkeypatch.chdir(tmp_path)
    ask = {"input": rows, "output": "out.jsonl", "prompt": "a {what}"} | change
    with pytest.raises(error, match=says):
        beamline.batch(ask.pop("input"), ask.pop("output"), **ask)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_damaged_table_is_one_line(tmp_path):
    for name in ("bad.parquet", "bad.arrow"):
        (tmp_path / name).write_bytes(b"PAR1 no table PAR1")
        with pytest.raises(ValueError, match="it is no table"):
            beamline.batch(tmp_path / name, tmp_path / "out.parquet")


def _written(table, path):
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path, row_group_size=7)
    else:
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=7)
    return path


def _read(path):
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_table(path)
    with pa.ipc.open_file(path) as reader:
        return reader.read_all()
