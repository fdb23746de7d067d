"""An event loop on which waiting takes no time: where nothing can run, its clock skips to the next thing that can."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from tests.integration.crash.rounds import Rounds, Stuck

Result = TypeVar("Result")

_START = datetime(2026, 1, 1, tzinfo=UTC)


class SkippingLoop(Rounds):
    """Timeouts, sleeps and the clock below all go by its time. Work for threads is done at once.

    `order` shuffles what is ready to run: each task's own order stays, and no task may count on another's.
    """

    def __init__(self, order: Random | None = None) -> None:
        self._passed = 0.0
        super().__init__(_Selector(self.skip), order)

    def time(self) -> float:
        return self._passed

    def skip(self, seconds: float | None) -> None:
        if seconds is None:
            raise Stuck(Stuck.__doc__)
        self._passed += seconds

    def run_in_executor(self, executor: Any, func: Callable[..., Result], *args: Any) -> asyncio.Future[Result]:  # type: ignore[override]
        done: asyncio.Future[Result] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for who asked
            done.set_exception(error)
        return done


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


OWN = 1
"""What a loop watches itself: the pipe by which another thread would wake it, and there is none that would."""


class _Selector(selectors.DefaultSelector):
    """Never waits: tells for how long it would have."""

    def __init__(self, skip: Callable[[float | None], None]) -> None:
        super().__init__()
        self._skip = skip

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0) if len(self.get_map()) > OWN else []
        if not found and (timeout is None or timeout > 0):
            self._skip(timeout)
        return found
