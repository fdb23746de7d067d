"""The clock of a loop on which waiting takes no time, and a way to run on one."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from tests.integration.crash.rounds import SkippingLoop

Result = TypeVar("Result")

_START = datetime(2026, 1, 1, tzinfo=UTC)


class LoopClock:
    """The clock of the loop that it is made on, fast or slow by so many seconds."""

    def __init__(self, skew: float = 0.0) -> None:
        self._start = _START + timedelta(seconds=skew)
        # Asked for once: at each time Python makes sure by a system call that it was not forked.
        self._loop = asyncio.get_running_loop()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """As `asyncio.sleep` does."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        over: asyncio.Future[None] = self._loop.create_future()
        alarm = self._loop.call_later(seconds, _end, over)
        try:
            await over
        finally:
            alarm.cancel()


def _end(sleep: asyncio.Future[None]) -> None:
    if not sleep.cancelled():
        sleep.set_result(None)


def run(main: Coroutine[Any, Any, Result], order: Random | None = None) -> Result:
    with asyncio.Runner(loop_factory=lambda: SkippingLoop(order)) as runner:
        return runner.run(main)
