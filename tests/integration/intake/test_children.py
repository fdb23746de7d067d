"""Child processes: started again when they fall, given up when they never stay, ended with us."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from cli.exits import Stop
from cli.local.children import Child, Runner
from tests.waiting import eventually


def a_child(folder: Path, code: str) -> Child:
    return Child("worker", (sys.executable, "-c", code), dict(os.environ), folder / "worker.log")


def pids(folder: Path) -> list[int]:
    log = folder / "worker.log"
    return [int(line) for line in log.read_text().splitlines() if line.isdecimal()] if log.exists() else []


STAYS = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


async def started(folder: Path, times: int) -> None:
    async def is_so() -> bool:
        return len(pids(folder)) >= times

    await eventually(is_so)


async def test_fallen_child_is_started_again(tmp_path: Path) -> None:
    told: list[str] = []
    runner = Runner(a_child(tmp_path, STAYS), told.append)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(runner.run())
        await started(tmp_path, 1)
        os.kill(pids(tmp_path)[0], signal.SIGKILL)
        await started(tmp_path, 2)
        running.cancel()
    await runner.stop()
    assert told[0] == "worker fell (signal SIGKILL) and is started again"


async def test_child_that_never_stays_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.local.children.MOST_FALLS", 2)
    runner = Runner(a_child(tmp_path, "raise SystemExit('the port is taken')"), lambda _: None)
    with pytest.raises(Stop, match="worker does not stay up") as stop:
        await runner.run()
    assert "the port is taken" in stop.value.hints


async def test_stopped_child_is_gone(tmp_path: Path) -> None:
    runner = Runner(a_child(tmp_path, STAYS), lambda _: None)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(runner.run())
        await started(tmp_path, 1)
        running.cancel()
    await runner.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pids(tmp_path)[0], 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_child_dies_with_us(tmp_path: Path) -> None:
    parent = f"""
import asyncio, os
from pathlib import Path
from cli.local.children import Child, Runner
child = Child("worker", ({sys.executable!r}, "-c", {STAYS!r}), dict(os.environ), Path({str(tmp_path / "worker.log")!r}))
asyncio.run(Runner(child, print).run())
"""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", parent, env=environ)
    await started(tmp_path, 1)
    process.kill()
    await process.wait()

    async def is_gone() -> bool:
        try:
            os.kill(pids(tmp_path)[0], 0)
        except ProcessLookupError:
            return True
        return False

    await eventually(is_gone)
