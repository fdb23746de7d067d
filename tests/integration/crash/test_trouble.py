"""Agents that are away, busy, unreachable, that answer nothing or nonsense: the rollout says why it waits, and ends."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from random import Random

import msgspec
import pytest

from libs.link.memory import MemoryLink
from libs.link.port import Answer, Away, Busy, Link, Lost, NoAnswer, Refused, Silent, Stream, Unreachable
from libs.messages.agent import Ask, Frame
from libs.messages.rollout import RolloutHindered
from libs.messages.subject import Key
from tests.integration.crash.plane import Plane, meanwhile, planes
from tests.integration.crash.releases import (
    MISSING,
    NEW,
    TARGETS,
    Ended,
    assert_epochs_grow,
    never,
    order,
    release,
    stable,
)
from tests.integration.crash.skipping import run
from tests.integration.crash.trouble import Trouble

SEEDS = range(10)
FAILURES = (Away("no stream"), Busy("too much"), Unreachable("refused the connection"), Lost("no answer"))
GARBAGE = {
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "no text": b'{"metadata": {"name": "\xff"}}',
    "deep": b'{"a":' * 20_000,
    "nameless": b'{"metadata": {"resourceVersion": "x"}, "items": [{"metadata": {"resourceVersion": "x"}}]}',
    "wrong types": b'{"metadata": 3, "items": 4, "spec": [], "status": "x"}',
}


async def troubled(image: str, seed: int) -> Ended:
    """Every third call goes wrong, for a while; a deadline of a minute has to stay far away."""
    random = Random(seed)
    async with planes() as plane:
        await stable(plane)

        def choose(_: Ask) -> NoAnswer | None:
            return random.choice(FAILURES) if random.random() < 0.3 else None

        plane.link = Trouble(plane.link, choose, lambda: random.random() < 0.5)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await order(plane, "d2", image)
            await plane.ended(key)
            await plane.settled()
        return Ended(await plane.outcome(key), plane.cluster, plane.pending())


@pytest.mark.parametrize("image", [NEW, MISSING])
def test_bad_answers_delay_only(image: str) -> None:
    calm = run(release(image, never(), never()))
    for seed in SEEDS:
        ended = run(troubled(image, seed))
        assert (ended.outcome.live, ended.outcome.deployment) == (calm.outcome.live, calm.outcome.deployment), seed
        assert_epochs_grow(ended.cluster)


def reasons(plane: Plane, key: Key) -> list[str]:
    return [fact.reason for fact in plane.facts(key) if isinstance(fact, RolloutHindered)]


async def hindered(failure: NoAnswer, seconds: float) -> tuple[list[str], str]:
    """What is told while every call fails for some seconds, and how it ends."""
    async with planes() as plane:
        await stable(plane)
        calm, plane.link = plane.link, Trouble(plane.link, lambda _: failure)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await order(plane, "d2", NEW)
            await plane.clock.sleep(seconds)
            plane.link = calm
            await plane.ended(key)
        return reasons(plane, key), str((await plane.deployment(key)).phase)


@pytest.mark.parametrize("failure", [*FAILURES, Refused("not among the kinds")])
def test_hindrance_says_why_and_goes(failure: NoAnswer) -> None:
    told, phase = run(hindered(failure, 30))
    assert phase == "succeeded"
    assert any(str(failure) in reason for reason in told)
    assert told[-1] == ""
    assert len(told) <= 6


def garbled(plane: Plane, body: bytes) -> Callable[[str, str, Ask], AsyncGenerator[Frame, None]]:
    async def answers(tenant: str, agent: str, ask: Ask) -> AsyncGenerator[Frame, None]:
        yield Frame(0, 200, {}, body, last=True)

    return answers


async def nonsense(body: bytes) -> tuple[list[str], str]:
    """An agent that answers everything with these bytes; it recovers before the deadline."""
    async with planes() as plane:
        await stable(plane)
        calm, plane.link = plane.link, MemoryLink(garbled(plane, body))
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await order(plane, "d2", NEW)
            await plane.clock.sleep(30)
            plane.link = calm
            await plane.ended(key)
        return reasons(plane, key), str((await plane.deployment(key)).phase)


@pytest.mark.parametrize("name", GARBAGE)
def test_nonsense_is_survived(name: str) -> None:
    told, _ = run(nonsense(GARBAGE[name]))
    assert told
    assert told[-1] == ""


class Frozen:
    """An agent whose cluster's API answers nothing for a while; its watches stay open."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._link = plane.link
        self.is_frozen = False

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer:
        if not self.is_frozen:
            return await self._link.ask(tenant, agent, ask)
        await self._plane.clock.sleep(ask.timeout_ms / 1000)
        raise Silent("timeout")

    def stream(self, tenant: str, agent: str, ask: Ask) -> AbstractAsyncContextManager[Stream]:
        return self._link.stream(tenant, agent, ask)


async def frozen(step: int) -> tuple[float, str, str, str]:
    """How long a silent API goes untold, in which words, what is told at last, and how it ends."""
    async with planes() as plane:
        await stable(plane)
        plane.link = link = Frozen(plane)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await order(plane, "d2", NEW)
            await plane.until(key, TARGETS[0], lambda rollout: rollout.step == step)
            link.is_frozen, began = True, plane.clock.monotonic()
            await plane.until(key, TARGETS[0], lambda rollout: "not answered" in rollout.hindrance)
            seconds = plane.clock.monotonic() - began
            told = reasons(plane, key)
            await plane.clock.sleep(15)
            link.is_frozen = False
            await plane.ended(key)
        last = reasons(plane, key)[-1]
        return (
            seconds,
            next(one for one in told if "not answered" in one),
            last,
            str((await plane.deployment(key)).phase),
        )


@pytest.mark.parametrize("step", [0, 1, 3])
def test_silent_api_is_told_soon(step: int) -> None:
    seconds, told, last, phase = run(frozen(step))
    assert seconds <= 12
    assert told.startswith("the cluster's API has not answered agent ")
    assert (last, phase) == ("", "succeeded")


class Failing:
    """An agent whose cluster's API fails at everything, from the next write on; its watches stay open."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.is_near = self.is_failing = False

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer:
        self.is_failing = self.is_near and (self.is_failing or ask.method != "GET")
        if not self.is_failing:
            return await self._link.ask(tenant, agent, ask)
        status = {"kind": "Status", "reason": "InternalError", "message": "etcd is gone", "code": 500}
        return Answer(500, {}, msgspec.json.encode(status))

    def stream(self, tenant: str, agent: str, ask: Ask) -> AbstractAsyncContextManager[Stream]:
        return self._link.stream(tenant, agent, ask)


async def in_doubt() -> tuple[str, str, str]:
    """What is told of a write that may have been done, what is told at last, and how it ends."""
    async with planes() as plane:
        await stable(plane)
        plane.link = link = Failing(plane.link)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await order(plane, "d2", NEW)
            await plane.until(key, TARGETS[0], lambda rollout: rollout.step == 1)
            link.is_near = True
            await plane.until(key, TARGETS[0], lambda rollout: "nobody knows" in rollout.hindrance)
            told = reasons(plane, key)[-1]
            await plane.clock.sleep(15)
            link.is_near = False
            await plane.ended(key)
        return told, reasons(plane, key)[-1], str((await plane.deployment(key)).phase)


def test_write_in_doubt_says_why_it_stays_so() -> None:
    told, last, phase = run(in_doubt())
    assert "nobody knows yet whether that was done: read ReplicaSet" in told
    assert "etcd is gone" in told
    assert (last, phase) == ("", "succeeded")
