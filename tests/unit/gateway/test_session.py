"""How every request on a stream ends, whatever the agent and the asker do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from msgspec.structs import replace

from agent import frames
from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.ports import Packet
from libs.link.codec import decode_frame, encode
from libs.link.pulse import Rhythm
from libs.messages.agent import Ask, Control, Frame, control_subject
from libs.runtime.clock import SystemClock
from services.gateway.session import WAITING_MOST, Caller, Place, Session
from services.gateway.translate import Hello
from tests.unit.agent.clock import HandClock

REQUEST = Ask("request", 1000, credit=2)
WATCH = Ask("watch", 30_000)
CALLER = Caller("acme", "prod", datetime(2030, 1, 1, tzinfo=UTC))
HELLO = Hello(1, 1, "1.0", "p", ("request", "watch", "ping"), "")


class Stage:
    """A session between an asker and an agent that are played by hand."""

    def __init__(self, bus: MemoryBus, heard: AsyncIterator[Packet]) -> None:
        self.clock = HandClock()
        self.session = Session(Place("g", "1", Rhythm()), CALLER, HELLO, bus, self.clock)
        self._heard = heard

    async def ask(self, ask: Ask) -> None:
        await self.session.ask(Packet("agent.acme.prod.request", encode(ask), "asker"))

    async def heard(self) -> Frame:
        async with asyncio.timeout(20):
            return decode_frame((await anext(self._heard)).data)

    async def sent(self) -> frames.Said:
        async with asyncio.timeout(20):
            piece = await self.session.outbox.next()
        assert piece is not None
        return frames.read(piece)


class SlowBus(MemoryBus):
    """While something is published, others go on."""

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        await super().publish(subject, data, reply)
        await asyncio.sleep(0)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    bus = SlowBus(Broker(SystemClock()))
    async with bus.subscribe("asker") as heard:
        yield Stage(bus, heard)


async def test_ask_goes_to_the_agent() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        assert await stage.sent() == frames.Asked(1, REQUEST)


async def test_last_frame_ends_request() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.session.answer(1, Frame(0, 200, last=True))
        await stage.session.answer(1, Frame(1, 200, last=True))
        assert await stage.heard() == Frame(0, 200, last=True)
        assert stage.session.is_idle


async def test_first_of_several_frames_says_where_to_control() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.session.answer(1, Frame(0, 200))
        assert (await stage.heard()).control == control_subject("g", "1-1")


async def test_dead_stream_tells_sent_from_unsent() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.sent()
        await stage.ask(REQUEST)
        await stage.session.end("it broke")
        assert [(await stage.heard()).problem for _ in range(2)] == ["gone: it broke", "away"]


async def test_dead_stream_ends_answer_after_its_last_piece() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.sent()
        await stage.session.answer(1, Frame(0, 200, body=b"x"))
        await stage.session.end("it broke")
        assert [(await stage.heard()).seq for _ in range(2)] == [0, 1]


async def test_more_than_granted_ends_request() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.sent()
        for seq in range(3):
            await stage.session.answer(1, Frame(seq, 200, body=b"x"))
        assert "more than" in [(await stage.heard()).problem for _ in range(3)][-1]
        assert await stage.sent() == frames.Controlled(1, Control(cancel=True))


async def test_granted_credit_is_passed_on_and_counted() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.sent()
        stage.session.control(1, Control(credit=2))
        for seq in range(4):
            await stage.session.answer(1, Frame(seq, 200, body=b"x"))
        assert [(await stage.heard()).problem for _ in range(4)] == [""] * 4
        assert await stage.sent() == frames.Controlled(1, Control(credit=2))


async def test_boundless_credit_is_clamped() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.sent()
        stage.session.control(1, Control(credit=2**40))
        said = await stage.sent()
        assert isinstance(said, frames.Controlled)
        assert said.control.credit <= 1024


async def test_left_out_piece_ends_request() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.session.answer(1, Frame(0, 200))
        await stage.session.answer(1, Frame(2, 200))
        assert [(await stage.heard()).problem for _ in range(2)][-1].startswith("gone: the agent left out")


async def test_full_stream_is_busy() -> None:
    async with staged() as stage:
        for _ in range(WAITING_MOST + 1):
            await stage.ask(REQUEST)
        assert (await stage.heard()).problem == "busy"


async def test_unread_bytes_are_bounded() -> None:
    async with staged() as stage:
        await stage.ask(replace(REQUEST, body=b"x" * 300_000))
        await stage.ask(REQUEST)
        assert (await stage.heard()).problem == "busy"


async def test_overdue_request_times_out() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.sent()
        stage.clock.seconds += 4
        await stage.session.sweep()
        assert (await stage.heard()).problem == "timeout"
        assert await stage.sent() == frames.Controlled(1, Control(cancel=True))


async def test_renewed_watch_lives_on() -> None:
    async with staged() as stage:
        await stage.ask(WATCH)
        stage.clock.seconds += 25
        stage.session.control(1, Control(renew=True))
        stage.clock.seconds += 25
        await stage.session.sweep()
        assert not stage.session.is_idle


async def test_watch_without_renewal_ends() -> None:
    async with staged() as stage:
        await stage.ask(WATCH)
        stage.clock.seconds += 31
        await stage.session.sweep()
        assert (await stage.heard()).problem == "gone: the watch was not renewed"


async def test_cancelled_request_is_silent() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.sent()
        stage.session.control(1, Control(cancel=True))
        await stage.session.answer(1, Frame(0, 200, last=True))
        assert await stage.sent() == frames.Controlled(1, Control(cancel=True))
        await stage.ask(replace(REQUEST, verb="invent"))
        assert (await stage.heard()).problem.startswith("refused")


async def test_unreadable_ask_is_refused() -> None:
    async with staged() as stage:
        await stage.session.ask(Packet("agent.acme.prod.request", b"\xc1", "asker"))
        assert (await stage.heard()).problem.startswith("refused")


async def test_control_of_unknown_request_is_ignored() -> None:
    async with staged() as stage:
        stage.session.control(77, Control(credit=5, renew=True, cancel=True))
        assert not stage.session.outbox.unsent()


async def test_request_may_be_answered_while_another_is_given_up() -> None:
    async with staged() as stage:
        await stage.ask(REQUEST)
        await stage.ask(REQUEST)
        stage.clock.seconds += 60
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.session.sweep())
            group.create_task(stage.session.answer(2, Frame(0, 200, last=True)))
        assert [(await stage.heard()).problem for _ in range(2)] == ["timeout", "timeout"]
        assert stage.session.is_idle
