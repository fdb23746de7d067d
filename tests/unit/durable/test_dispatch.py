"""What becomes of a message between the consumer and its acknowledgement."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.decision import Due
from libs.durable.dispatch import Dispatcher, Limits, Rejected, Routes
from libs.durable.ports import Delivery, Stored, Unavailable, Unknown, Write
from libs.durable.record import NewerSchema
from libs.durable.writes import Cause, TooLarge, message_write
from libs.messages import codec
from libs.messages.fault import DeadLettered
from libs.messages.message import Received
from libs.messages.rollout import ApproveStep
from libs.messages.subject import Key, due_subject, message_subject
from libs.runtime.trace import current_traceparent
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock, settle
from tests.counter import KEY, approve, order
from tests.faults import AWAY, FaultyStore

CONSUMER = "executor-1"


class World:
    """A broker, and one dispatcher on it."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.store = FaultyStore(MemoryStore(self.broker))
        self.seen: list[str] = []
        self.traces: list[str] = []
        self.errors: list[BaseException] = []
        self.gate: dict[str, asyncio.Event] = {}

    async def approved(self, received: Received) -> None:
        """Note it, wait where a test holds it, fail where a test says so."""
        self.seen.append(received.id)
        self.traces.append(current_traceparent())
        if received.id in self.gate:
            await self.gate[received.id].wait()
        if self.errors:
            raise self.errors.pop(0)

    async def woken(self, due: Due) -> None:
        self.seen.append(f"{due.name} {due.generation}")

    def send(self, *ids: str, key: Key = KEY) -> None:
        for id_ in ids:
            self.broker.commit([order(approve(0), id_, self.clock.now(), key)])

    @asynccontextmanager
    async def dispatching(self, limits: Limits | None = None) -> AsyncIterator[None]:
        routes = Routes({ApproveStep: self.approved}, {"rollout": self.woken}, lane=lambda key: key)
        dispatcher = Dispatcher(routes, self.store, self.clock, limits)
        filters = ["cmd.>", "due.>", "evt.fault.>"]
        async with MemoryBus(self.broker).consume(CONSUMER, filters) as deliveries, asyncio.TaskGroup() as group:
            running = group.create_task(dispatcher.run(deliveries))
            await settle()
            yield
            running.cancel()

    @property
    def unacknowledged(self) -> list[int]:
        return sorted(self.broker.consumers[CONSUMER].unacknowledged)

    @property
    def letters(self) -> list[DeadLettered]:
        envelopes = [codec.decode_envelope(stored.data) for stored in self.broker.stored(["evt.*.fault.>"], 0)]
        return [letter for one in envelopes if isinstance(letter := codec.decode(one.type, one.data), DeadLettered)]


@pytest.fixture
def world() -> World:
    return World()


async def test_handled_message_is_acknowledged(world: World) -> None:
    async with world.dispatching():
        world.send("m1")
        await settle()
        assert (world.seen, world.unacknowledged) == (["m1"], [])


async def test_handler_works_in_its_senders_trace(world: World) -> None:
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
    write = message_write(KEY, approve(0), "m1", Cause("", traceparent), world.clock.now())
    async with world.dispatching():
        world.broker.commit([write])
        world.send("m2")
        await settle()
        assert world.traces == [traceparent, ""]


async def test_message_in_work_is_not_acknowledged(world: World) -> None:
    world.gate["m1"] = asyncio.Event()
    async with world.dispatching():
        world.send("m1")
        await settle()
        assert world.unacknowledged == [1]


async def test_one_machine_gets_one_at_a_time(world: World) -> None:
    world.gate["m1"] = asyncio.Event()
    async with world.dispatching():
        world.send("m1", "m2", "m3")
        await settle()
        assert world.seen == ["m1"]
        world.gate["m1"].set()
        await settle()
        assert world.seen == ["m1", "m2", "m3"]


async def test_machines_do_not_wait_for_each_other(world: World) -> None:
    world.gate["m1"] = asyncio.Event()
    async with world.dispatching():
        world.send("m1")
        world.send("m2", key=KEY.of_target("other"))
        await settle()
        assert world.seen == ["m1", "m2"]


async def test_in_hand_is_bounded(world: World) -> None:
    world.gate = {f"m{n}": asyncio.Event() for n in range(5)}
    async with world.dispatching(Limits(in_hand=3)):
        for n in range(5):
            world.send(f"m{n}", key=KEY.of_target(str(n)))
        await settle()
        assert world.seen == ["m0", "m1", "m2"]
        world.gate["m1"].set()
        await settle()
        assert world.seen == ["m0", "m1", "m2", "m3"]


class Noted:
    """A delivery that remembers what was done with it."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.said: list[str] = []

    async def ack(self) -> None:
        self.said.append("ack")

    async def progress(self) -> None:
        self.said.append("progress")


@asynccontextmanager
async def delivering(world: World, *deliveries: Noted) -> AsyncIterator[None]:
    async def come() -> AsyncIterator[Delivery]:
        for delivery in deliveries:
            yield delivery
        await asyncio.Event().wait()

    routes = Routes({ApproveStep: world.approved})
    async with asyncio.TaskGroup() as group:
        running = group.create_task(Dispatcher(routes, world.store, world.clock).run(come()))
        await settle()
        yield
        running.cancel()


async def test_long_work_keeps_its_message(world: World) -> None:
    world.send("m1", "m2")
    world.gate["m1"] = asyncio.Event()
    working, waiting = (Noted(stored) for stored in world.broker.stored(["cmd.>"], 0))
    async with delivering(world, working, waiting):
        await world.clock.advance(25)
        assert working.said == waiting.said == ["progress", "progress"]


async def test_repeat_of_what_is_in_hand_is_only_acknowledged(world: World) -> None:
    world.send("m1")
    world.gate["m1"] = asyncio.Event()
    (stored,) = world.broker.stored(["cmd.>"], 0)
    first, again = Noted(stored), Noted(stored)
    async with delivering(world, first, again):
        world.gate["m1"].set()
        await settle()
    assert (world.seen, first.said, again.said) == (["m1"], [], ["ack"])


@pytest.mark.parametrize("error", [Unavailable("x"), Unknown("x"), TimeoutError("x")])
async def test_what_needs_time_is_tried_for_ever(world: World, error: Exception) -> None:
    world.errors = [error] * 40
    async with world.dispatching():
        world.send("m1")
        await world.clock.advance(3600)
        assert (len(world.seen), world.unacknowledged, world.letters) == (41, [], [])


async def test_pauses_grow_to_the_longest(world: World) -> None:
    world.errors = [Unavailable("x")] * 100
    async with world.dispatching(Limits(first_delay=1, longest_delay=8)):
        world.send("m1")
        tries = []
        for _ in range(32):
            await world.clock.advance(1)
            tries.append(len(world.seen))
        assert tries[:16] == [2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5]
        assert tries[-1] == 7


@pytest.mark.parametrize("error", [Rejected("never"), TooLarge("never")])
async def test_what_never_works_is_put_aside_at_once(world: World, error: Exception) -> None:
    world.errors = [error]
    async with world.dispatching():
        world.send("m1", "m2")
        await settle()
        assert (world.seen, world.unacknowledged) == (["m1", "m2"], [])
    assert world.letters == [
        DeadLettered(subject=message_subject("cmd.rollout.approve", KEY), sequence=1, reason="never", attempts=1)
    ]


async def test_unforeseen_failure_is_put_aside_after_attempts(world: World) -> None:
    world.errors = [ZeroDivisionError("x")] * 3
    async with world.dispatching(Limits(attempts=3)):
        world.send("m1", "m2")
        await world.clock.advance(60)
        assert (world.seen, world.unacknowledged) == (["m1", "m1", "m1", "m2"], [])
    assert [(letter.attempts, letter.reason) for letter in world.letters] == [(3, "ZeroDivisionError('x')")]


async def test_stray_cancellation_is_a_failure_like_any(world: World) -> None:
    world.errors = [asyncio.CancelledError()]
    async with world.dispatching():
        world.send("m1", "m2")
        await world.clock.advance(10)
        assert (world.seen, world.unacknowledged) == (["m1", "m1", "m2"], [])


async def test_dead_letter_names_its_cause_and_key(world: World) -> None:
    world.errors = [Rejected("never")]
    async with world.dispatching():
        world.send("m1")
        await settle()
    (stored,) = world.broker.stored(["evt.*.fault.>"], 0)
    assert stored.subject == message_subject(DeadLettered.address, KEY)
    assert codec.decode_envelope(stored.data).cause == "m1"


async def test_dead_letter_waits_for_the_store(world: World) -> None:
    world.errors = [Rejected("never")]
    world.store.faults = [AWAY] * 3
    async with world.dispatching():
        world.send("m1")
        await settle()
        assert world.unacknowledged == [1]
        await world.clock.advance(60)
        assert (len(world.letters), world.unacknowledged) == (1, [])


async def test_dead_letter_is_written_once(world: World) -> None:
    world.errors = [Rejected("never"), Rejected("never")]
    async with world.dispatching():
        world.send("m1")
        await settle()
        world.broker.consumers[CONSUMER].delivered = 0
        world.broker.stir()
        await settle()
        assert (world.seen, len(world.letters), world.unacknowledged) == (["m1", "m1"], 1, [])


async def test_dead_letter_about_a_dead_letter_is_not_written(world: World) -> None:
    letter = DeadLettered(subject="x", sequence=1, reason="x", attempts=1)
    write = order(letter, "l1", world.clock.now())
    routes = Routes({DeadLettered: _reject})
    async with MemoryBus(world.broker).consume("c", ["evt.>"]) as deliveries, asyncio.TaskGroup() as group:
        running = group.create_task(Dispatcher(routes, world.store, world.clock).run(deliveries))
        world.broker.commit([write])
        await settle()
        running.cancel()
    assert len(world.letters) == 1
    assert not world.broker.consumers["c"].unacknowledged


async def _reject(_: Received) -> None:
    raise Rejected("never")


def _other_type() -> bytes:
    return order(approve(0), "m", VirtualClock().now()).data.replace(b"cmd.rollout.approve", b"cmd.rollout.finish")


def _other_tenant() -> bytes:
    return order(approve(0), "m", VirtualClock().now(), Key("u", 1, "d")).data


@pytest.mark.parametrize("data", [lambda: b"", lambda: b"{}", lambda: b"\xff", _other_type, _other_tenant])
async def test_malformed_message_is_put_aside(world: World, data: Callable[[], bytes]) -> None:
    async with world.dispatching():
        world.broker.commit([Write(message_subject("cmd.rollout.approve", KEY), data())])
        world.send("m2")
        await settle()
        assert (world.seen, world.unacknowledged, len(world.letters)) == (["m2"], [], 1)


async def test_strange_subject_is_put_aside(world: World) -> None:
    async with world.dispatching():
        world.broker.commit([Write("cmd.t.rollout.approve.not-a-number.d.-", b"")])
        await settle()
        assert (world.unacknowledged, len(world.letters)) == ([], 1)


async def test_message_nobody_handles_is_acknowledged(world: World) -> None:
    async with world.dispatching():
        world.broker.commit([order(approve(0), "m1", world.clock.now())])
        world.broker.commit([Write("cmd.t.rollout.unheard-of.1.d.-", b"{}")])
        await settle()
        assert (world.seen, world.unacknowledged, world.letters) == (["m1"], [], [])


async def test_due_timer_reaches_its_nouns_handler(world: World) -> None:
    async with world.dispatching():
        world.broker.commit([Write(due_subject("rollout", "step", KEY, 4), b"")])
        world.broker.commit([Write(due_subject("webhook", "step", KEY, 4), b"")])
        await settle()
        assert (world.seen, world.unacknowledged) == (["step 4"], [])


async def test_newer_schema_ends_the_dispatching(world: World) -> None:
    world.errors = [NewerSchema("x")]
    world.send("m1")
    with pytest.raises(ExceptionGroup) as caught:
        async with world.dispatching():
            pass
    assert caught.value.subgroup(NewerSchema)
    assert world.unacknowledged == [1]
