"""A process that stops at any call of a port leaves what its successor finishes: the same state, the same messages."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.commit import Shell
from libs.durable.decision import Due
from libs.durable.dispatch import Dispatcher, Routes
from libs.durable.ports import Delivery, Store
from libs.durable.replay import replay
from libs.messages.message import Received
from libs.messages.rollout import ApproveStep, RollBack
from libs.messages.subject import state_subject
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock, settle
from tests.counter import COUNTER, KEY, Counter, approve, order, roll_back
from tests.crash import Crashed, CrashingStore, Fuse, crashing

MESSAGES = [approve(0), approve(1), approve(1), approve(2), roll_back()]
FINAL = Counter(3, ended=True)
NEVER = 10**9


async def run(broker: Broker, clock: VirtualClock, fuse: Fuse) -> None:
    """One life of a process: it works until the fuse blows, or until nothing is left to do."""
    shell = Shell(COUNTER, CrashingStore(MemoryStore(broker), fuse), clock)

    async def said(received: Received) -> None:
        await shell.apply(received.key, received.message, received.id)

    async def due(one: Due) -> None:
        await shell.wake(one)

    routes = Routes({ApproveStep: said, RollBack: said}, {"rollout": due})
    dispatcher = Dispatcher(routes, CrashingStore(MemoryStore(broker), fuse), clock)
    async with MemoryBus(broker).consume("c", ["cmd.>", "due.>"]) as deliveries:
        await live(dispatcher, crashing(deliveries, fuse))


async def live(dispatcher: Dispatcher, deliveries: AsyncIterator[Delivery]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(dispatcher.run(deliveries))
            await settle()
            running.cancel()
    except* Crashed:
        pass


async def outcome(broker: Broker) -> tuple[Counter, list[tuple[str, str]]]:
    store: Store = MemoryStore(broker)
    records = [stored async for stored in store.history([state_subject("rollout", KEY)])]
    facts = [(stored.subject, stored.id) for stored in broker.stored(["evt.>"], 0)]
    return replay(COUNTER, records)[-1].state, facts


async def told(broker: Broker, clock: VirtualClock) -> None:
    for number, message in enumerate(MESSAGES):
        broker.commit([order(message, f"m{number}", clock.now())])


async def undisturbed() -> tuple[int, list[tuple[str, str]]]:
    """How many calls a life without a crash makes, and what it leaves."""
    clock = VirtualClock()
    broker, fuse = Broker(clock), Fuse(NEVER, after=False)
    await told(broker, clock)
    await run(broker, clock, fuse)
    state, facts = await outcome(broker)
    assert state == FINAL
    return fuse.calls, facts


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_stopping_anywhere_changes_nothing(after: bool) -> None:
    calls, facts = await undisturbed()
    assert calls >= 2 * len(MESSAGES)
    for number in range(1, calls + 1):
        clock = VirtualClock()
        broker, fuse = Broker(clock), Fuse(number, after)
        await told(broker, clock)
        await run(broker, clock, fuse)
        assert fuse.blown
        await run(broker, clock, Fuse(NEVER, after=False))
        assert await outcome(broker) == (FINAL, facts), f"stopped at call {number}"
        assert not broker.consumers["c"].unacknowledged


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_stopping_at_every_call_in_turn_changes_nothing(after: bool) -> None:
    _, facts = await undisturbed()
    clock = VirtualClock()
    broker = Broker(clock)
    await told(broker, clock)
    for _ in range(40):
        await run(broker, clock, Fuse(4, after))
    assert await outcome(broker) == (FINAL, facts)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_stopping_while_a_timer_fires_changes_nothing(after: bool) -> None:
    woken = []
    for number in range(1, 8):
        clock = VirtualClock()
        broker = Broker(clock)
        broker.commit([order(approve(0), "m0", clock.now())])
        await run(broker, clock, Fuse(NEVER, after=False))
        await clock.advance(31)
        broker.tick()
        await run(broker, clock, Fuse(number, after))
        await run(broker, clock, Fuse(NEVER, after=False))
        woken.append((await outcome(broker))[0].woken)
    assert woken == [1] * 7
