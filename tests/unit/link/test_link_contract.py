"""What holds for every link: the same cases over the bus and in memory, with one function as the agent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from msgspec.structs import replace

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.ports import Bus, Packet
from libs.link.bus import bus_link
from libs.link.codec import decode_ask, encode
from libs.link.memory import Answers, MemoryLink
from libs.link.port import Away, Busy, Link, Lost, Refused, Silent, Unreachable
from libs.messages.agent import Ask, Frame, request_subject
from libs.runtime.clock import SystemClock

TENANT, AGENT = "acme", "prod"
ASK = Ask("request", 2000, path="/version")

Open = Callable[[Answers], AbstractAsyncContextManager[Link]]


@pytest.fixture(params=["memory", "bus"])
def linked(request: pytest.FixtureRequest) -> Open:
    return _memory if request.param == "memory" else _over_bus


@asynccontextmanager
async def _memory(answers: Answers) -> AsyncIterator[Link]:
    yield MemoryLink(answers)


@asynccontextmanager
async def _over_bus(answers: Answers) -> AsyncIterator[Link]:
    bus = MemoryBus(Broker(SystemClock()))
    subject = request_subject(TENANT, AGENT)
    async with bus_link(bus, SystemClock()) as link, bus.subscribe(subject) as asks, asyncio.TaskGroup() as group:
        serving = group.create_task(_serve(bus, asks, answers))
        yield link
        serving.cancel()


async def _serve(bus: Bus, asks: AsyncIterator[Packet], answers: Answers) -> None:
    async for packet in asks:
        async for frame in answers(TENANT, AGENT, decode_ask(packet.data)):
            await bus.publish(packet.reply, encode(frame))


def says(*frames: Frame) -> Answers:
    async def answers(_: str, __: str, ___: Ask) -> AsyncGenerator[Frame, None]:
        for frame in frames:
            yield frame

    return answers


async def test_single_frame_answers(linked: Open) -> None:
    async with linked(says(Frame(0, 201, {"a": "b"}, b"body", last=True))) as link:
        answer = await link.ask(TENANT, AGENT, ASK)
    assert (answer.status, answer.headers, answer.body) == (201, {"a": "b"}, b"body")


async def test_chunks_are_put_together(linked: Open) -> None:
    async with linked(
        says(Frame(0, 200, body=b"one "), Frame(1, body=b"two "), Frame(2, body=b"3", last=True))
    ) as link:
        answer = await link.ask(TENANT, AGENT, ASK)
    assert answer.body == b"one two 3"


async def test_missing_chunk_loses_answer(linked: Open) -> None:
    async with linked(says(Frame(0, 200, body=b"one"), Frame(2, body=b"three", last=True))) as link:
        with pytest.raises(Lost, match="piece 1"):
            await link.ask(TENANT, AGENT, ASK)


@pytest.mark.parametrize(
    ("problem", "kind", "words"),
    [
        ("away", Away, "away"),
        ("busy", Busy, "too much"),
        ("refused: not here", Refused, "not here"),
        ("unreachable: no route", Unreachable, "no route"),
        ("gone: the stream ended", Lost, "the stream ended"),
        ("timeout", Silent, "timeout"),
        ("something of a later release", Lost, "later release"),
    ],
)
async def test_problem_becomes_exception(linked: Open, problem: str, kind: type[Exception], words: str) -> None:
    async with linked(says(Frame(0, last=True, problem=problem))) as link:
        with pytest.raises(kind, match=words):
            await link.ask(TENANT, AGENT, ASK)


async def test_silence_loses_answer_at_deadline(linked: Open) -> None:
    async with linked(_never) as link:
        with pytest.raises(Lost, match="within 50 ms"):
            await link.ask(TENANT, AGENT, replace(ASK, timeout_ms=50))


async def test_problem_midway_loses_answer(linked: Open) -> None:
    async with linked(says(Frame(0, 200, body=b"one"), Frame(1, last=True, problem="gone: agent died"))) as link:
        with pytest.raises(Lost, match="agent died"):
            await link.ask(TENANT, AGENT, ASK)


async def test_oversized_answer_is_refused(linked: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.link.answer.ANSWER_BYTES", 5)
    async with linked(says(Frame(0, 200, body=b"1234"), Frame(1, body=b"56", last=True))) as link:
        with pytest.raises(Refused, match="larger than 5 bytes"):
            await link.ask(TENANT, AGENT, ASK)


async def test_stream_gives_chunks_and_ends(linked: Open) -> None:
    frames = (Frame(0, 200, {"k": "v"}), Frame(1, body=b"a"), Frame(2, heartbeat=True), Frame(3, body=b"b", last=True))
    async with linked(says(*frames)) as link, link.stream(TENANT, AGENT, ASK) as stream:
        chunks = [chunk async for chunk in stream]
    assert (stream.status, stream.headers, chunks) == (200, {"k": "v"}, [b"a", b"b"])


async def test_gap_in_stream_is_lost(linked: Open) -> None:
    async with linked(says(Frame(0, 200), Frame(1, body=b"a"), Frame(3, body=b"c"))) as link:
        chunks: list[bytes] = []
        with pytest.raises(Lost, match="piece 2"):
            await _read(link, chunks)
    assert chunks == [b"a"]


async def test_silent_stream_is_lost(linked: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.link.answer.SILENCE_SECONDS", 0.05)
    async with linked(_begins_and_stops) as link:
        with pytest.raises(Lost, match="nothing was heard"):
            await _read(link, [])


async def test_stream_of_absent_agent_does_not_open(linked: Open) -> None:
    async with linked(says(Frame(0, last=True, problem="away"))) as link:
        with pytest.raises(Away):
            await _read(link, [])


async def test_asks_do_not_mix(linked: Open) -> None:
    async def echo(_: str, __: str, ask: Ask) -> AsyncGenerator[Frame, None]:
        yield Frame(0, 200, body=ask.body, last=True)

    async with linked(echo) as link:
        answers = await asyncio.gather(
            *(link.ask(TENANT, AGENT, replace(ASK, body=str(number).encode())) for number in range(50))
        )
    assert [answer.body for answer in answers] == [str(number).encode() for number in range(50)]


async def _read(link: Link, chunks: list[bytes]) -> None:
    async with link.stream(TENANT, AGENT, ASK) as stream:
        async for chunk in stream:
            chunks.append(chunk)


async def _never(_: str, __: str, ___: Ask) -> AsyncGenerator[Frame, None]:
    await asyncio.Event().wait()
    yield Frame(0)


async def _begins_and_stops(_: str, __: str, ___: Ask) -> AsyncGenerator[Frame, None]:
    yield Frame(0, 200)
    await asyncio.Event().wait()
