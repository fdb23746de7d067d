"""A process's connection to the bus: deliveries come twice or again, packets may be lost."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.ports import Delivery, Packet, Stored
from tests.simulation.ports.process import Process
from tests.simulation.world.weather import Weather


class DistantBus:
    """See `Bus`."""

    def __init__(self, broker: Broker, process: Process, weather: Weather) -> None:
        self._broker = broker
        self._bus = MemoryBus(broker)
        self._process = process
        self._weather = weather

    @asynccontextmanager
    async def consume(
        self, name: str, filters: Sequence[str], takeover: bool = True
    ) -> AsyncIterator[AsyncIterator[Delivery]]:
        await self._process.reach()
        if self._process.chance.strikes("consumer.reset") and name in self._broker.consumers:
            self._process.tell(f"consumer {name} begins again from the start")
            self._broker.consumers[name].delivered = 0
        async with (
            self._bus.consume(name, filters, takeover) as deliveries,
            aclosing(self._deliveries(deliveries)) as distant,
        ):
            yield distant

    async def follow(self, filters: Sequence[str], after: int | None = None) -> AsyncGenerator[Stored, None]:
        async with aclosing(self._bus.follow(filters, after)) as every:
            async for stored in every:
                await self._process.reach()
                yield stored

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        await self._process.reach()
        if not self._process.chance.strikes("packet.lost"):
            await self._bus.publish(subject, data, reply)

    @asynccontextmanager
    async def subscribe(
        self, subject: str, queue: str = "", pending: int = 1024
    ) -> AsyncIterator[AsyncIterator[Packet]]:
        async with (
            self._bus.subscribe(subject, queue, pending) as packets,
            aclosing(self._heard(packets)) as heard,
        ):
            yield heard

    def inbox(self) -> str:
        return self._bus.inbox()

    async def _heard(self, packets: AsyncIterator[Packet]) -> AsyncGenerator[Packet, None]:
        async for packet in packets:
            await self._process.reach()
            yield packet

    async def _deliveries(self, deliveries: AsyncIterator[Delivery]) -> AsyncGenerator[Delivery, None]:
        async for delivery in deliveries:
            await self._weather.cleared()
            await self._process.reach()
            distant = DistantDelivery(delivery, self._process)
            if self._process.chance.strikes("delivery.twice"):
                yield distant
            yield distant


class DistantDelivery:
    """A delivery whose acknowledgement may be lost."""

    def __init__(self, delivery: Delivery, process: Process) -> None:
        self._delivery = delivery
        self._process = process

    @property
    def stored(self) -> Stored:
        return self._delivery.stored

    async def ack(self) -> None:
        if not self._process.chance.strikes("ack.lost"):
            await self._process.call(self._delivery.ack)

    async def progress(self) -> None:
        await self._process.call(self._delivery.progress)
