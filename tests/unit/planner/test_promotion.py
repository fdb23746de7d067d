"""Whoever waits for an application begins when the one before has ended, once, whoever is late or killed."""

import msgspec
import pytest

from libs.bus.broker import Broker
from libs.deployment.lock import Lock, lock_subject
from libs.deployment.machine import CHECK, MACHINE
from libs.deployment.state import Deployment, Phase
from libs.durable.commit import Shell
from libs.durable.decision import Due
from libs.durable.ports import Stored, Write
from libs.messages.codec import decode, decode_envelope
from libs.messages.deployment import AbortDeployment, QueueDeployment, StartDeployment
from libs.messages.message import Message, Received
from libs.messages.subject import Key, message_subject, token_hash
from libs.store.memory import MemoryStore
from services.planner.handlers import Planner
from tests.builders import a_key
from tests.clock import VirtualClock

FIRST, SECOND = a_key(deployment="d1"), a_key(deployment="d2")
LOCK = lock_subject(FIRST, "shop")
QUEUE = QueueDeployment(application="shop", submission="sha256-of-second", by="bob")
START = StartDeployment(application="shop", submission="sha256-of-first", by="ann")


class World:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.store = Overtaken(Broker(self.clock))
        self.shell = Shell(MACHINE, self.store, self.clock)
        self.planner = Planner(self.shell, self.store, self.clock)
        self.count = 0

    async def locked(self, lock: Lock) -> None:
        await self.store.commit([Write(LOCK, msgspec.json.encode(lock))])

    async def lock(self) -> Lock:
        stored = await self.store.last(LOCK)
        assert stored is not None
        return msgspec.json.decode(stored.data, type=Lock)

    async def tell(self, key: Key, message: Message) -> None:
        self.count += 1
        await self.planner.tell(Received(f"m{self.count}", key, message, self.clock.now(), ""))

    async def started(self) -> list[StartDeployment]:
        found = [stored async for stored in self.store.history([message_subject(StartDeployment.address, SECOND)])]
        return [_order(stored) for stored in found]


def _order(stored: Stored) -> StartDeployment:
    envelope = decode_envelope(stored.data)
    order = decode(envelope.type, envelope.data)
    assert isinstance(order, StartDeployment)
    return order


class Overtaken(MemoryStore):
    """Somebody writes the lock right after it was read, once."""

    rival: Lock | None = None

    async def last(self, subject: str) -> Stored | None:
        found = await super().last(subject)
        if subject == LOCK and self.rival is not None:
            rival, self.rival = self.rival, None
            await self.commit([Write(LOCK, msgspec.json.encode(rival))])
        return found


@pytest.fixture
async def world() -> World:
    """The first is under way, the second waits."""
    world = World()
    await world.locked(Lock("d1", "d2"))
    await world.tell(FIRST, START)
    await world.tell(SECOND, QUEUE)
    return world


@pytest.mark.feature("F35")
async def test_waiting_one_stays_while_the_first_goes_on(world: World) -> None:
    assert await world.lock() == Lock("d1", "d2")
    assert await world.started() == []


@pytest.mark.feature("F35")
async def test_end_of_the_first_begins_the_waiting_one(world: World) -> None:
    await world.tell(FIRST, AbortDeployment(by="ann"))
    assert await world.lock() == Lock("d2")
    assert await world.started() == [StartDeployment(application="shop", submission="sha256-of-second", by="bob")]


async def test_one_that_hears_late_begins_at_once() -> None:
    world = World()
    await world.locked(Lock("d1", "d2"))
    await world.tell(FIRST, START)
    await world.tell(FIRST, AbortDeployment(by="ann"))
    assert await world.started() == []
    await world.tell(SECOND, QUEUE)
    assert await world.lock() == Lock("d2")
    assert len(await world.started()) == 1


async def test_waiting_one_that_ended_leaves_its_place(world: World) -> None:
    await world.tell(SECOND, AbortDeployment(reason="replaced by d3"))
    assert await world.lock() == Lock("d1")
    await world.tell(FIRST, AbortDeployment(by="ann"))
    assert await world.started() == []


async def test_end_that_comes_again_begins_nobody_twice(world: World) -> None:
    await world.tell(FIRST, AbortDeployment(by="ann"))
    await world.tell(FIRST, AbortDeployment(by="ann"))
    await world.tell(SECOND, QUEUE)
    assert len(await world.started()) == 1


async def test_waiting_one_wakes_and_looks_itself(world: World) -> None:
    """As after a planner that was killed between the end of the first and the promotion."""
    await world.shell.apply(FIRST, AbortDeployment(by="ann"), "m9")
    loaded = await world.shell.load(SECOND)
    await world.clock.advance(loaded.timers[CHECK].seconds + 1)
    await world.planner.wake(Due(SECOND, CHECK, loaded.timers[CHECK].generation, world.clock.now(), "t1"))
    assert await world.lock() == Lock("d2")


async def test_one_without_queue_asks_for_no_lock() -> None:
    world = World()
    await world.tell(FIRST, START)
    await world.tell(FIRST, AbortDeployment(by="ann"))
    assert (await world.shell.load(FIRST)).state == Deployment(
        phase=Phase.CANCELLED,
        application="shop",
        submission="sha256-of-first",
        by="ann",
        cancelled=True,
        reason="aborted by ann",
    )


def test_lock_is_one_per_application() -> None:
    assert f"state.acme.lock.3.{token_hash('shop')}.-" == LOCK


async def test_who_took_the_place_meanwhile_keeps_it(world: World) -> None:
    """The door replaced the second by a third between the planner's look at the lock and its write."""
    world.store.rival = Lock("d1", "d3")
    await world.tell(FIRST, AbortDeployment(by="ann"))
    assert await world.lock() == Lock("d1", "d3")
    assert await world.started() == []
