"""Messages that may have ended the process that had them in hand: counted in the store, and put aside in time.

A partition is marked while a process holds it. Who finds it marked follows a process that did not leave by itself, and
marks each message that was there before it while it handles it. A mark that is found was left by a process that ended
in the middle of that; one that is handled, or fails in any other way, loses it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from libs.durable.partitions import LEASE
from libs.durable.ports import Conflict, Store, Stored, Unavailable, Unknown
from libs.runtime.clock import Clock
from libs.runtime.log import logger

ENDINGS = 3
"""How many processes in a row may end while they handle a message."""

_MARGIN = timedelta(minutes=1)
"""More than the clocks of a process and of the server may differ."""
_KEPT_SECONDS = 24 * 3600
_LEAVE_SECONDS = 2.0

_log = logger()


class Suspects:
    """Of one consumer, while this process holds it."""

    def __init__(self, consumer: str, store: Store, clock: Clock) -> None:
        self._consumer = consumer
        self._store = store
        self._clock = clock
        self._since: datetime | None = None
        """Set where a predecessor did not leave by itself: what came before this may be why."""

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[None]:
        """Mark the partition as held while entered."""
        key = f"held.{self._consumer}"
        if await self._store.get(LEASE, key) is not None:
            self._since = self._clock.now() + _MARGIN
            _log.warning("predecessor_ended_in_the_middle", consumer=self._consumer)
        revision = await self._store.put(LEASE, key, b"held")
        try:
            yield
        finally:
            await self._forget(key, revision)

    @asynccontextmanager
    async def handling(self, stored: Stored) -> AsyncIterator[int]:
        """Mark a message while entered, if it is suspected; how many processes in a row have ended in it."""
        if self._since is None or stored.at > self._since:
            yield 0
            return
        key = f"handled.{self._consumer}.{stored.sequence}"
        entry = await self._store.get(LEASE, key)
        ended = int(entry.value) if entry else 0
        await self._store.put(LEASE, key, str(ended + 1).encode(), ttl=_KEPT_SECONDS)
        try:
            yield ended
        finally:
            await self._forget(key)

    async def _forget(self, key: str, revision: int | None = None) -> None:
        # A mark that stays by mistake makes one more suspicion, never a wrong verdict by itself.
        with suppress(Conflict, Unavailable, Unknown, TimeoutError):
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self._store.delete(LEASE, key, revision)
