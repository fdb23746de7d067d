"""The messages of one consumer, one after the other, however long one takes; none is delivered twice meanwhile."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from libs.durable.ports import Delivery, Stored
from libs.runtime.clock import Clock

_KEEP_SECONDS = 10.0

Handler = Callable[[Stored], Awaitable[None]]


class InOrder:
    """The server bounds how many are in hand: those that are not acknowledged."""

    def __init__(self, handle: Handler, clock: Clock) -> None:
        self._handle = handle
        self._clock = clock
        self._held: dict[int, Delivery] = {}
        self._queue: deque[Stored] = deque()
        self._arrived = asyncio.Event()

    async def run(self, deliveries: AsyncIterator[Delivery]) -> None:
        """Until cancelled. A message is acknowledged when its handler has returned."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep())
            group.create_task(self._work())
            async for delivery in deliveries:
                self._take(delivery)

    def _take(self, delivery: Delivery) -> None:
        # Delivered again while it is still in hand: the newer delivery is the one to acknowledge.
        sequence = delivery.stored.sequence
        if sequence not in self._held:
            self._queue.append(delivery.stored)
            self._arrived.set()
        self._held[sequence] = delivery

    async def _work(self) -> None:
        while True:
            while self._queue:
                stored = self._queue.popleft()
                await self._handle(stored)
                await self._held.pop(stored.sequence).ack()
            self._arrived.clear()
            await self._arrived.wait()

    async def _keep(self) -> None:
        """Tell the server that what is in hand is being worked on."""
        while True:
            await self._clock.sleep(_KEEP_SECONDS)
            for delivery in tuple(self._held.values()):
                await delivery.progress()
