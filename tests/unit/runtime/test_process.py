"""How a process ends, by itself and by signals. The signal goes to a child, never to the tests' own process."""

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

SERVICE = """
import asyncio, sys
from libs.runtime.process import CannotStart, run
from libs.runtime.settings import ProcessSettings

async def ends(process): pass
async def fails(process): raise ValueError("no such luck")
async def refuses(process): raise CannotStart("set FAIRLEAD_X")
async def waits(process):
    print("ready", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("cleaned", flush=True)
async def ignores(process):
    print("ready", flush=True)
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass
async def several(process):
    async with asyncio.TaskGroup() as group:
        group.create_task(waits(process))
        group.create_task(fails(process))

run(globals()[sys.argv[1]], ProcessSettings(log_format=sys.argv[2], stop_seconds=0.2), "trial")
"""


def start(main: str, style: str = "json") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVICE, main, style], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def last_line(errors: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(errors.splitlines()[-1])
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_lets_the_service_clean_up(number: signal.Signals) -> None:
    with start("waits") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, errors = process.communicate(timeout=20)
    assert (process.returncode, out, last_line(errors)["event"]) == (0, "cleaned\n", "process_stopped")


def test_service_that_will_not_stop_is_ended() -> None:
    with start("ignores") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, last_line(errors)["event"]) == (1, "process_killed")


def test_end_by_itself_is_success() -> None:
    with start("ends") as process:
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize("main", ["fails", "several"])
def test_failure_is_logged_once(main: str) -> None:
    with start(main) as process:
        _, errors = process.communicate(timeout=20)
    (line,) = errors.splitlines()
    found = json.loads(line)
    assert (process.returncode, found["event"], found["error"]) == (1, "process_failed", "ValueError: no such luck")
    assert "Traceback" in found["exception"]


def test_failure_ends_with_a_sentence_for_people() -> None:
    with start("fails", "text") as process:
        _, errors = process.communicate(timeout=20)
    assert errors.splitlines()[-1] == "fairlead trial stopped: ValueError: no such luck"


def test_refusal_to_start_shows_no_traceback() -> None:
    with start("refuses") as process:
        _, errors = process.communicate(timeout=20)
    found = last_line(errors)
    assert (process.returncode, found["error"], "exception" in found) == (1, "set FAIRLEAD_X", False)
