"""Rows for all libraries, what they come to in one process, and workers that keep a log and may die once."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from beamline import Generate

ROWS = 240
OPTIONS = {"do_sample": True, "max_new_tokens": 8, "temperature": 0.8}


@pytest.fixture(scope="session")
def columns():
    """Prompts, one of them null, and a temperature that some have of their own."""
    begin = ["Once upon a time", "The sea", "He said that", "옛날", "In the year"]
    texts = [f"{begin[number % 5]} {number % 7}" for number in range(ROWS)]
    texts[100] = None
    heat = [1.5 if number % 3 == 0 else None for number in range(ROWS)]
    return {"id": [f"row {number}" for number in range(ROWS)], "text": texts, "temperature": heat}


@pytest.fixture(scope="session")
def complete():
    return Generate(prompt="{text}", key="id", seed=11, columns=[*Generate().added, "token_ids"], **OPTIONS)


@pytest.fixture(scope="session")
def expected(columns, complete):
    """What one process makes of the rows, by key."""
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    done = complete.complete(rows)
    assert [row["id"] for row in done if row["error"]] == ["row 100"]
    assert len({row["text"] for row in done}) > ROWS * 0.9
    return {row["id"]: row for row in done}


@pytest.fixture
def same(expected):
    """Holds rows to those of one process: each once, and equal bit for bit."""

    def check(rows: list[dict[str, Any]]) -> None:
        counts = Counter(row["id"] for row in rows)
        assert counts == Counter(expected.keys()), [one for one in counts.items() if one[1] != 1] or sorted(
            expected.keys() - counts
        )
        for row in rows:
            plain = {name: None if value != value else value for name, value in row.items()}
            assert plain == expected[row["id"]]

    return check


class Log:
    """What workers have done: a line for each batch, written at once so that it stays when they die."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "batches"
        self.marker = folder / "struck"
        self.path.touch()

    def read(self) -> list[tuple[int, int, float, float]]:
        """For each batch the process, its rows, when it began and ended."""
        lines = [line.split() for line in self.path.read_text().splitlines()]
        return [(int(pid), int(rows), float(begin), float(end)) for pid, rows, begin, end in lines]

    @property
    def computed(self) -> int:
        """Rows that were computed, those that were computed twice among them."""
        return sum(rows for _, rows, _, _ in self.read())

    @property
    def processes(self) -> int:
        """Processes that computed any."""
        return len({pid for pid, _, _, _ in self.read()})


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path)


@pytest.fixture
def watched(complete, log):
    """`complete` that keeps a log, and of which one worker, once, dies in its third batch (``kill``) or raises (``raise``)."""

    def make(strike: str | None = None, after: int = 2) -> Generate:
        return _watched(complete, log, strike, after)

    return make


def _watched(complete: Generate, log: Log, strike: str | None, after: int) -> Generate:
    path, marker = str(log.path), str(log.marker)

    class Watched(Generate):
        """The class is made here, so that it goes to workers with its code."""

        def __call__(self, batch: Any) -> Any:
            self.seen = getattr(self, "seen", 0) + 1
            begin = time.time()
            done = super().__call__(batch)
            if strike and self.seen > after:
                try:
                    os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    pass
                else:
                    if strike == "kill":
                        os.kill(os.getpid(), signal.SIGKILL)
                    raise RuntimeError("struck")
            with open(path, "a") as file:
                file.write(f"{os.getpid()} {len(done)} {begin} {time.time()}\n")
            return done

    other = Watched.__new__(Watched)
    other.__dict__ |= complete.__dict__
    return other
