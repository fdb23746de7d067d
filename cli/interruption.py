"""Ctrl-C, made certain: whatever waits is cancelled until it ends, and the second one ends it on the spot."""

import asyncio
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

AGAIN_SECONDS = 0.25

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end; `KeyboardInterrupt` after an interruption, even where a library swallows the cancellation."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        task = loop.create_task(work)
        interruption = _Interruption(loop, task)
        before = signal.signal(signal.SIGINT, interruption.heard)
        try:
            return loop.run_until_complete(task)
        except asyncio.CancelledError:
            if interruption.is_heard:
                raise KeyboardInterrupt from None
            raise
        finally:
            signal.signal(signal.SIGINT, before)


class _Interruption:
    def __init__(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
        self._loop = loop
        self._task = task
        self.is_heard = False

    def heard(self, _: int, __: FrameType | None) -> None:
        if self.is_heard or self._task.done():
            raise KeyboardInterrupt
        self.is_heard = True
        self._loop.call_soon_threadsafe(self._insist)

    def _insist(self) -> None:
        if not self._task.done():
            self._task.cancel()
            self._loop.call_later(AGAIN_SECONDS, self._insist)
