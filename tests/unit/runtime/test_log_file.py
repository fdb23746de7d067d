"""Lines that nobody reads, or for which there is no room."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.runtime import log_file
from libs.runtime.log_file import LogFile

ROOT = Path(__file__).parents[3]
LINE = "x" * 999 + "\n"

TALKATIVE = """
from libs.runtime import log
from libs.runtime.process import run
from libs.runtime.settings import ProcessSettings

async def talks(process):
    for number in range(2000):
        log.logger().info("said", number=number, text="x" * 200)
    print(process.metrics.registry.get_sample_value("fairlead_log_lines_lost"), flush=True)

run(talks, ProcessSettings(), "trial")
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, io.BufferedReader]]:
    """Where to write, and who could read there."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader:
        yield writing, reader
        os.close(writing)


def filled(writing: int) -> tuple[LogFile, int]:
    """A log whose pipe is full, and how many lines are in it."""
    out = LogFile(writing)
    for number in range(10_000):
        out.write(LINE)
        if out.lost:
            return out, number
    raise AssertionError("it never was full")


def test_lost_lines_are_counted_and_told(pipe: tuple[int, io.BufferedReader], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "_PATIENCE_MILLISECONDS", 0)
    writing, reader = pipe
    out, taken = filled(writing)
    for _ in range(4):
        out.write(LINE)
    assert [reader.readline() for _ in range(taken)] == [LINE.encode()] * taken
    out.write("later\n")
    told, later = reader.readline(), reader.readline()
    assert (json.loads(told)["lines"], later, out.lost) == (5, b"later\n", 5)


def test_long_line_that_was_cut_ends_before_the_next(
    pipe: tuple[int, io.BufferedReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "_PATIENCE_MILLISECONDS", 0)
    writing, reader = pipe
    out = LogFile(writing)
    out.write("y" * 10_000_000 + "\n")
    cut = reader.read1(10_000_000)
    out.write("later\n")
    assert set(cut) == set(b"y")
    assert reader.readline() == b"\n"
    assert json.loads(reader.readline())["lines"] == 1
    assert reader.readline() == b"later\n"


def test_long_line_is_whole_where_there_is_room(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        LogFile(file.fileno()).write("y" * 1_000_000 + "\n")
    assert (tmp_path / "log").read_text() == "y" * 1_000_000 + "\n"


def test_full_disk_fails_nobody() -> None:
    with Path("/dev/full").open("wb") as file:
        out = LogFile(file.fileno())
        out.write(LINE)
        assert out.lost == 1


def test_reader_that_left_fails_nobody(pipe: tuple[int, io.BufferedReader]) -> None:
    writing, reader = pipe
    reader.close()
    out = LogFile(writing)
    out.write(LINE)
    assert out.lost == 1


def test_work_goes_on_when_nobody_reads(pipe: tuple[int, io.BufferedReader]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TALKATIVE], cwd=ROOT, stdout=subprocess.PIPE, stderr=pipe[0], timeout=60, check=True
    )
    assert 1000 < float(done.stdout) < 2000


def test_process_without_stderr_works() -> None:
    closed = f"{sys.executable} -c '{TALKATIVE}' 2>&-"
    done = subprocess.run(["sh", "-c", closed], cwd=ROOT, stdout=subprocess.PIPE, timeout=60, check=True)
    assert float(done.stdout) == 2000
