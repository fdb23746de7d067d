"""The bus as a twin in memory: the same contract over a broker that everyone shares."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from libs.bus.broker import Broker, Consumer
from libs.bus.exchange import Listener
from libs.bus.filter import require_apart, require_fits
from libs.bus.unread import Unread
from libs.durable.ports import Delivery, Packet, Stored


class MemoryDelivery:
    """A pulled message; whoever acknowledges it, it is acknowledged, as on a real server."""

    __slots__ = ("_broker", "_consumer", "stored")

    def __init__(self, broker: Broker, consumer: Consumer, stored: Stored) -> None:
        self._broker = broker
        self._consumer = consumer
        self.stored = stored

    async def ack(self) -> None:
        self._consumer.unacknowledged.pop(self.stored.sequence, None)
        self._broker.stir()

    async def progress(self) -> None:
        if self.stored.sequence in self._consumer.unacknowledged:
            self._broker.hold(self._consumer, self.stored.sequence)


class MemoryBus:
    """The `Bus` of tests and simulations: one object a connection."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @asynccontextmanager
    async def consume(
        self, name: str, filters: Sequence[str], takeover: bool = True
    ) -> AsyncIterator[AsyncIterator[Delivery]]:
        require_apart(filters)
        consumer = self._broker.consumers.setdefault(name, Consumer(filters))
        consumer.filters = tuple(filters)
        if takeover:
            consumer.reset()
        async with aclosing(self._deliveries(consumer)) as deliveries:
            yield deliveries

    async def follow(self, filters: Sequence[str], after: int | None = None) -> AsyncGenerator[Stored, None]:
        require_apart(filters)
        after = self._broker.last_sequence if after is None else after
        while True:
            for stored in self._broker.stored(filters, after):
                yield stored
                after = stored.sequence
            after = max(after, self._broker.last_sequence)
            await self._broker.changed()

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        require_fits(subject, data)
        self._broker.exchange.publish(Packet(subject, data, reply))

    @asynccontextmanager
    async def subscribe(
        self, subject: str, queue: str = "", pending: int = 1024
    ) -> AsyncIterator[AsyncIterator[Packet]]:
        listener = Listener(subject, queue, Unread(pending))
        self._broker.exchange.add(listener)
        try:
            yield listener.unread
        finally:
            self._broker.exchange.remove(listener)

    def inbox(self) -> str:
        return self._broker.exchange.inbox()

    async def _deliveries(self, consumer: Consumer) -> AsyncGenerator[Delivery, None]:
        while True:
            stored = self._broker.pull(consumer)
            if stored is None:
                await self._broker.changed()
            else:
                yield MemoryDelivery(self._broker, consumer, stored)
