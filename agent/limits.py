"""What this agent holds back: requests beyond its rate or number are answered `busy`, older epochs are refused."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.link.port import Busy, Refused
from libs.link.rate import Rate
from libs.runtime.clock import Clock

PATIENCE_SECONDS = 1.0
"""A request that would wait longer than this is not begun."""
_TARGETS_MOST = 10_000


class Limits:
    """Requests a second and at once; watches, which last, have their own number."""

    def __init__(self, rate: Rate, at_once: int, watches: int, clock: Clock) -> None:
        self._rate = rate
        self._requests = asyncio.Semaphore(at_once)
        self._watches = asyncio.Semaphore(watches)
        self._clock = clock

    @asynccontextmanager
    async def slot(self, is_watch: bool) -> AsyncIterator[None]:
        """Wait for a turn, at most a second."""
        wait = self._rate.take(PATIENCE_SECONDS)
        if wait is None:
            raise Busy("too many requests a second")
        if wait:
            await self._clock.sleep(wait)
        slots = self._watches if is_watch else self._requests
        try:
            async with asyncio.timeout(PATIENCE_SECONDS - wait):
                await slots.acquire()
        except TimeoutError:
            raise Busy("too many requests at once") from None
        try:
            yield
        finally:
            slots.release()


class Fence:
    """The highest epoch seen for each target. A best effort: it is forgotten with the process."""

    def __init__(self) -> None:
        self._highest: OrderedDict[str, int] = OrderedDict()

    def check(self, target: str, epoch: int) -> None:
        """Remember the epoch, or refuse one that is older than what was seen."""
        if not target:
            return
        highest = self._highest.get(target, 0)
        if epoch < highest:
            raise Refused(f"epoch {epoch} of {target} is over, {highest} has begun")
        self._highest[target] = epoch
        self._highest.move_to_end(target)
        if len(self._highest) > _TARGETS_MOST:
            self._highest.popitem(last=False)
