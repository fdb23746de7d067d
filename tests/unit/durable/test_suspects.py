"""A message that ends its process each time is put aside; one that was only in hand is not."""

import asyncio

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.partitions import LEASE, Ports
from libs.durable.ports import Unavailable
from libs.durable.service import Service, serve_partition
from libs.durable.suspects import ENDINGS
from libs.messages import codec
from libs.messages.fault import DeadLettered
from libs.messages.message import Received
from libs.messages.rollout import ApproveStep
from libs.messages.subject import Key
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock
from tests.counter import KEY, approve, order
from tests.crash import Crashed, CrashingStore, Fuse

OTHER = Key("t", 1, "e").of_target("prod")
CALM = 10**9


class World:
    """One partition, served by one process after the other."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.seen: list[str] = []
        self.deadly: set[str] = set()
        self.errors: list[Exception] = []

    def send(self, id_: str, key: Key = KEY) -> None:
        self.broker.commit([order(approve(0), id_, self.clock.now(), key)])

    async def live(self, dies: bool = False) -> None:
        """One process: it ends by a message that is deadly, or is told to leave, which it cannot where it dies."""
        fuse = Fuse(CALM, after=False)

        async def approved(received: Received) -> None:
            self.seen.append(received.id)
            if received.id in self.deadly:
                fuse.calls = CALM
                raise Crashed(received.id)
            if self.errors:
                raise self.errors.pop(0)

        store = CrashingStore(MemoryStore(self.broker), fuse)
        ports = Ports(MemoryBus(self.broker), store, self.clock)
        service = Service("counter", {ApproveStep: approved}, lane=lambda key: key)
        try:
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(serve_partition(service, ports, KEY.partition))
                await self.clock.advance(1)
                fuse.calls = CALM if dies else fuse.calls
                serving.cancel()
        except* Crashed:
            pass

    def letters(self) -> list[DeadLettered]:
        found = [codec.decode_envelope(one.data) for one in self.broker.stored(["evt.*.fault.>"], 0)]
        letters = [codec.decode(envelope.type, envelope.data) for envelope in found]
        return [letter for letter in letters if isinstance(letter, DeadLettered)]

    async def marks(self) -> list[str]:
        return [entry.key for entry in await MemoryStore(self.broker).entries(LEASE)]


async def test_message_that_ends_its_process_is_put_aside() -> None:
    world = World()
    world.deadly = {"a"}
    world.send("a")
    for _ in range(ENDINGS + 1):
        await world.live()
    assert world.letters() == []
    await world.live()
    (letter,) = world.letters()
    assert letter.reason == f"{ENDINGS} processes in a row ended while they handled it"
    assert world.seen == ["a"] * (ENDINGS + 1)


async def test_others_in_hand_are_handled() -> None:
    world = World()
    world.deadly = {"a"}
    world.send("b", OTHER)
    world.send("a")
    for _ in range(ENDINGS + 2):
        await world.live()
    assert [letter.subject.split(".")[-2] for letter in world.letters()] == [KEY.deployment]
    assert world.seen.count("b") >= 1


async def test_process_that_leaves_leaves_no_suspicion() -> None:
    world = World()
    world.send("a")
    await world.live()
    assert await world.marks() == []


async def test_failure_that_a_process_survives_is_no_ending() -> None:
    world = World()
    await world.live(dies=True)
    world.send("a")
    world.errors = [Unavailable("no leader"), RuntimeError("once")]
    await world.live()
    assert (world.seen, world.letters(), await world.marks()) == (["a"] * 3, [], [])


async def test_what_came_later_is_not_suspected() -> None:
    world = World()
    await world.live(dies=True)
    await world.clock.advance(600)
    world.send("late")
    await world.live()
    assert world.seen == ["late"]
