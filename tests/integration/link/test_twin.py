"""Random answers through the link in memory, and through gateway and stream: who asks must not be able to tell."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent import frames
from libs.link.memory import MemoryLink
from libs.link.port import Link, NoAnswer
from libs.messages.agent import Ask, Frame
from tests.integration.link.plane import AGENT, TENANT, Plane, gateway_up, link_to, plane, running
from tests.integration.link.test_door import HELLO, Caller, bearer, calling
from tests.waiting import eventually

PROBLEMS = ("busy", "refused: not here", "unreachable: no route", "gone: it broke", "timeout", "of a later release")
ASK = Ask("request", 2000, path="/version")

_bodies = st.sampled_from((b"", b"x", b"y" * 1000))
_faults = st.sampled_from(("none", "none", "none", "left out", "twice", "cut", "problem at once"))


def _frames(bodies: list[bytes], fault: str, problem: str) -> tuple[Frame, ...]:
    """An answer in as many pieces as there are bodies, with one thing wrong in its middle."""
    whole = [Frame(seq, 200 if seq == 0 else 0, body=body) for seq, body in enumerate(bodies)]
    whole[-1] = replace(whole[-1], last=True)
    middle = len(whole) // 2
    match fault:
        case "left out":
            whole = [replace(one, seq=one.seq + 1) if one.seq >= middle else one for one in whole]
        case "twice":
            whole.insert(middle, replace(whole[middle], last=False))
        case "cut":
            whole = [replace(one, last=False) for one in whole[:middle]] + [Frame(middle, last=True, problem=problem)]
        case "problem at once":
            whole = [Frame(0, last=True, problem=problem)]
    return tuple(whole)


ANSWERS = st.builds(_frames, st.lists(_bodies, min_size=1, max_size=5), _faults, st.sampled_from(PROBLEMS))
LISTS = st.lists(ANSWERS, min_size=1, max_size=8)


async def outcome(link: Link, streamed: bool, left_early: bool) -> object:
    """What who asks gets: the whole answer, its pieces, or which of the five there is instead."""
    pieces: list[bytes] = []
    try:
        return await (_read(link, pieces, left_early) if streamed else link.ask(TENANT, AGENT, ASK))
    except NoAnswer as failure:
        return type(failure), pieces


async def _read(link: Link, pieces: list[bytes], left_early: bool) -> object:
    async with link.stream(TENANT, AGENT, ASK) as stream:
        async for piece in stream:
            pieces.append(piece)
            if left_early:
                break
        return stream.status, pieces


async def played(caller: Caller, answers: list[tuple[Frame, ...]]) -> None:
    """An agent that says to each request what comes next."""
    for answer in answers:
        while not isinstance(said := await caller.hear(), frames.Asked):
            assert said is not None, "the gateway has ended the stream"
        await caller.say(*(frames.answered(said.request, frame) for frame in answer))


@asynccontextmanager
async def real(the_plane: Plane, answers: list[tuple[Frame, ...]]) -> AsyncIterator[Link]:
    async with link_to(the_plane) as link, calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller:
        await caller.say(HELLO)
        assert isinstance(await caller.hear(), frames.Welcomed)
        async with running(played(caller, answers)):
            yield link


def twin(answers: list[tuple[Frame, ...]]) -> Link:
    coming = iter(answers)

    async def answer(_: str, __: str, ___: Ask) -> AsyncGenerator[Frame, None]:
        for frame in next(coming):
            yield frame

    return MemoryLink(answer)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Plane]:
    async with plane(tmp_path) as ready, gateway_up(ready):
        yield ready


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answers=LISTS, streamed=st.booleans(), left_early=st.booleans())
async def test_twin_answers_as_an_agent(
    gateway: Plane, answers: list[tuple[Frame, ...]], streamed: bool, left_early: bool
) -> None:
    memory = twin(answers)
    async with real(gateway, answers) as link, asyncio.timeout(30):
        for answer in answers:
            note(repr(answer))
            expected = await outcome(memory, streamed, left_early)
            assert await outcome(link, streamed, left_early) == expected


async def test_agent_that_left_is_away_for_both(gateway: Plane) -> None:
    async with real(gateway, []):
        pass
    away = await outcome(twin([(Frame(0, last=True, problem="away"),)]), False, False)
    async with link_to(gateway) as link:
        # What is written to a stream before its gateway has heard that it ended is lost.
        async def is_away() -> bool:
            return await outcome(link, False, False) == away

        await eventually(is_away)
