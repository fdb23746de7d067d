"""How a process starts and stops, around the coroutine that is its service.

    async def serve(settings: Settings, process: Process) -> None: ...

    def main() -> None:
        settings = load(Settings, sys.argv[1:], os.environ)
        run(partial(serve, settings), settings.process, "planner")

A service's coroutine runs until it is cancelled. Several of them run in one process in one TaskGroup, given the same
`Process`; `run` is then called once, by whoever composes them.
"""

import asyncio
import gc
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from random import Random
from typing import NoReturn, TextIO, cast

from msgspec import Struct

from libs.runtime import log
from libs.runtime.clock import Clock, SystemClock, system_random
from libs.runtime.health import Health
from libs.runtime.log_file import LogFile
from libs.runtime.metrics import Metrics
from libs.runtime.settings import ProcessSettings

STOPPED = 0
FAILED = 1


class CannotStart(Exception):
    """The process cannot work as it is set up; the message says what to change. Shown without a traceback."""


class Process(Struct, frozen=True):
    """What a service is given besides its own settings."""

    name: str
    settings: ProcessSettings
    health: Health
    metrics: Metrics
    clock: Clock
    random: Random
    member: str
    """A name that no other process has, not even this one after a restart."""


Main = Callable[[Process], Awaitable[None]]


def run(main: Main, settings: ProcessSettings, name: str) -> NoReturn:
    """Set the process up, run `main` until it ends or a signal stops it, and exit."""
    clock = SystemClock()
    lines = LogFile(_log_descriptor())
    log.configure(clock, settings.log_format, settings.log_level, cast(TextIO, lines))
    chance = system_random()
    member = f"{name}-{chance.getrandbits(48):012x}"
    # What was imported lives as long as the process: looking at it again and again is what makes collections slow.
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    process = Process(name, settings, Health(), Metrics(), clock, chance, member)
    process.metrics.lost_lines.set_function(lambda: lines.lost)
    sys.exit(asyncio.run(supervise(main, process)))


async def supervise(main: Main, process: Process) -> int:
    """Run `main` in this task; the exit code. SIGTERM and SIGINT cancel it and give it `stop_seconds` to end."""
    stopping = _stop_on_signals(process)
    try:
        await main(process)
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
    except BaseExceptionGroup as group:
        if _is_failure(group):
            return _failed(process, group)
    except Exception as error:  # noqa: BLE001 - the last place that can say what happened
        return _failed(process, error)
    log.logger().info("process_stopped", process=process.name)
    return STOPPED


def _log_descriptor() -> int:
    """That of stderr; where there is none, its number may become that of any connection."""
    return sys.stderr.fileno() if sys.stderr else os.open(os.devnull, os.O_RDONLY)


def _stop_on_signals(process: Process) -> asyncio.Event:
    loop, root, stopping = asyncio.get_running_loop(), asyncio.current_task(), asyncio.Event()

    def stop(number: signal.Signals) -> None:
        if stopping.is_set() or root is None:
            return
        stopping.set()
        seconds = process.settings.stop_seconds
        log.logger().info("process_stopping", process=process.name, signal=number.name, seconds=seconds)
        process.health.ready("process", False, "stopping")
        loop.call_later(seconds, _give_up, process)
        root.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    return stopping


def _give_up(process: Process) -> NoReturn:
    held = sorted(task.get_name() for task in asyncio.all_tasks())[:20]
    log.logger().error("process_killed", process=process.name, after=process.settings.stop_seconds, tasks=held)
    # What ignored its cancellation would ignore an exception as well.
    os._exit(FAILED)


def _is_failure(group: BaseExceptionGroup[BaseException]) -> bool:
    return group.split(asyncio.CancelledError)[1] is not None


def _failed(process: Process, error: BaseException) -> int:
    summary = "; ".join(_sentences(error))
    expected = _is_expected(error)
    log.logger().critical("process_failed", process=process.name, error=summary, exc_info=None if expected else error)
    if process.settings.log_format == "text":
        sys.stderr.write(f"fairlead {process.name} stopped: {summary}\n")
    return FAILED


def _is_expected(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_expected(inner) for inner in error.exceptions)
    return isinstance(error, CannotStart)


def _sentences(error: BaseException) -> list[str]:
    """One sentence for each thing that went wrong, groups taken apart."""
    if isinstance(error, BaseExceptionGroup):
        return list(dict.fromkeys(sentence for inner in error.exceptions for sentence in _sentences(inner)))[:10]
    if isinstance(error, CannotStart):
        return [str(error)]
    return ["".join(traceback.format_exception_only(error)).strip()]
