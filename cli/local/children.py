"""Child processes that die with us: their output in a file, started again when they fall, ended in order."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from cli.exits import Exit, Stop
from libs.runtime.nats_server import dies_with

STOP_SECONDS = 10.0
STEADY_SECONDS = 10.0
"""A child that lived this long counts as started; one that falls sooner, several times in a row, never will."""
MOST_FALLS = 4
_LONGEST_PAUSE = 10.0
_LOG_LINES = 8
_LOG_BYTES = 16 * 1024


class Child(Struct, frozen=True):
    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    log: Path


class Runner:
    """Keeps one child running."""

    def __init__(self, child: Child, report: Callable[[str], None]) -> None:
        self.child = child
        self._report = report
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Until cancelled; `Stop` where the child cannot be kept alive."""
        loop, falls = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            self._process = await self._started()
            status = await self._process.wait()
            falls = 1 if loop.time() - began > STEADY_SECONDS else falls + 1
            if falls >= MOST_FALLS:
                raise Stop(Exit.FAILED, f"{self.child.name} does not stay up{_ended(status)}", *self._log_end())
            self._report(f"{self.child.name} fell{_ended(status)} and is started again")
            for line in self._log_end():
                self._report(f"  {line}")
            await asyncio.sleep(min(0.5 * 2**falls, _LONGEST_PAUSE))

    async def stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        with self.child.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self.child.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.child.environ),
                # A terminal sends Ctrl-C to its whole group: the children are to stop in our order.
                process_group=0,
                preexec_fn=dies_with(os.getpid()),
            )

    def _log_end(self) -> list[str]:
        return last_lines(self.child.log)


def last_lines(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [*lines[-_LOG_LINES:], f"whole log: {log}"]


def _ended(status: int) -> str:
    return f" (signal {signal.Signals(-status).name})" if status < 0 else f" (exit status {status})"
