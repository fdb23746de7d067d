"""What only a link over the bus can show: absence, control messages, its own inbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.ports import Packet
from libs.link.bus import BusLink, bus_link
from libs.link.codec import decode_control, encode
from libs.link.port import Away, Lost
from libs.messages.agent import Ask, Control, Frame, request_subject
from libs.runtime.clock import SystemClock

TENANT, AGENT, CONTROL = "acme", "prod", "agent-control.g.1-1"


class Played:
    """The other side, by hand."""

    def __init__(self, bus: MemoryBus, asks: AsyncIterator[Packet], controls: AsyncIterator[Packet]) -> None:
        self._bus = bus
        self._asks = asks
        self._controls = controls
        self.reply = ""

    async def asked(self) -> None:
        self.reply = (await anext(self._asks)).reply

    async def say(self, *frames: Frame) -> None:
        for frame in frames:
            await self._bus.publish(self.reply, encode(frame))

    async def say_raw(self, packet: bytes) -> None:
        await self._bus.publish(self.reply, packet)

    async def told(self) -> Control:
        async with asyncio.timeout(30):
            return decode_control((await anext(self._controls)).data)


@asynccontextmanager
async def played(clock: SystemClock | None = None) -> AsyncIterator[tuple[BusLink, Played]]:
    bus = MemoryBus(Broker(SystemClock()))
    async with (
        bus_link(bus, clock or SystemClock()) as link,
        bus.subscribe(request_subject(TENANT, AGENT)) as asks,
        bus.subscribe(CONTROL) as controls,
    ):
        yield link, Played(bus, asks, controls)


async def test_nobody_there_is_away_at_once() -> None:
    async with bus_link(MemoryBus(Broker(SystemClock())), SystemClock()) as link:
        with pytest.raises(Away):
            await link.ask(TENANT, AGENT, Ask("ping", 60_000))


async def test_reading_grants_more() -> None:
    async with played() as (link, other), asyncio.TaskGroup() as group:
        asking = group.create_task(link.ask(TENANT, AGENT, Ask("request", 5000, credit=4)))
        await other.asked()
        await other.say(Frame(0, 200, body=b"0", control=CONTROL), Frame(1, body=b"1"))
        assert await other.told() == Control(credit=2)
        await other.say(Frame(2, body=b"2", last=True))
        assert (await asking).body == b"012"


async def test_flood_beyond_credit_is_lost() -> None:
    async with played() as (link, other), asyncio.TaskGroup() as group:
        losing = group.create_task(_loses(link, "granted"))
        await other.asked()
        await other.say(*(Frame(seq, 200, body=b"x", control=CONTROL) for seq in range(8)))
        await losing
        while not (await other.told()).cancel:
            pass


async def test_leaving_stream_cancels() -> None:
    async with played() as (link, other), asyncio.TaskGroup() as group:
        group.create_task(_begin(other))
        async with link.stream(TENANT, AGENT, Ask("watch", 30_000)):
            pass
        assert await other.told() == Control(cancel=True)


async def test_ended_stream_is_not_cancelled() -> None:
    async with played() as (link, other), asyncio.TaskGroup() as group:
        group.create_task(_begin(other, last=True))
        async with link.stream(TENANT, AGENT, Ask("watch", 30_000)) as stream:
            assert [chunk async for chunk in stream] == []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await other.told()


async def test_open_stream_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.link.bus.RENEW_SECONDS", 0.05)
    async with played() as (link, other), asyncio.TaskGroup() as group:
        group.create_task(_begin(other))
        async with link.stream(TENANT, AGENT, Ask("watch", 30_000)):
            assert await other.told() == Control(renew=True)


async def test_unreadable_answer_is_lost() -> None:
    async with played() as (link, other), asyncio.TaskGroup() as group:
        losing = group.create_task(_loses(link, "cannot be read"))
        await other.asked()
        await other.say_raw(b"\xc1 not msgpack")
        await losing


async def test_body_exception_stays_itself() -> None:
    with pytest.raises(KeyError):
        async with bus_link(MemoryBus(Broker(SystemClock())), SystemClock()):
            raise KeyError("mine")


async def _loses(link: BusLink, words: str) -> None:
    with pytest.raises(Lost, match=words):
        await link.ask(TENANT, AGENT, Ask("request", 5000, credit=2))


async def _begin(other: Played, last: bool = False) -> None:
    await other.asked()
    await other.say(Frame(0, 200, control=CONTROL, last=last))
