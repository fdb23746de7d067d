"""A service as a table: what it listens to, and what happens when it takes a partition over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.commit import Shell
from libs.durable.partitions import Ports, Sharing
from libs.durable.ports import Write
from libs.durable.service import Service, filters, serve, serve_partition
from libs.durable.sweep import sweep
from libs.messages.message import Received
from libs.messages.rollout import ApproveStep, RolloutLanded
from libs.messages.subject import Key, state_subject
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock, settle
from tests.counter import COUNTER, KEY, STEP_SECONDS, Counter, approve, order


class World:
    """A broker, and one service on it."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.ports = Ports(MemoryBus(self.broker), MemoryStore(self.broker), self.clock)
        self.shell = Shell(COUNTER, self.ports.store, self.clock)
        self.acquired: list[int] = []
        self.released: list[int] = []
        self.service = Service(
            "counter",
            {ApproveStep: self.approved},
            shells=(self.shell,),
            on_acquired=self.on_acquired,
            on_released=self.on_released,
        )

    async def approved(self, received: Received) -> None:
        await self.shell.apply(received.key, received.message, received.id)

    async def on_acquired(self, partition: int) -> None:
        self.acquired.append(partition)

    async def on_released(self, partition: int) -> None:
        self.released.append(partition)

    async def state(self, key: Key = KEY) -> Counter:
        return (await Shell(COUNTER, self.ports.store, self.clock).load(key)).state

    async def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.clock.advance(1)
            self.broker.tick()
            await settle()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(serve(self.service, self.ports, Sharing("a", 4)))
            await settle()
            yield
            task.cancel()


def test_filters_follow_from_the_table() -> None:
    async def handle(_: Received) -> None:
        raise AssertionError("nothing is sent")

    shell = Shell(COUNTER, MemoryStore(Broker(VirtualClock())), VirtualClock())
    service = Service("counter", {ApproveStep: handle, RolloutLanded: handle}, shells=(shell,))
    assert filters(service, 3) == [
        "cmd.*.rollout.approve.3.*.*",
        "evt.*.rollout.landed.3.*.*",
        "due.*.rollout.*.3.*.*.*",
    ]


async def test_every_partition_is_acquired_before_its_messages() -> None:
    world = World()
    world.broker.commit([order(approve(0), "m0", world.clock.now())])
    async with world.serving():
        assert sorted(world.acquired) == [0, 1, 2, 3]
        assert await world.state() == Counter(1)


async def test_every_partition_is_released_at_the_end() -> None:
    world = World()
    async with world.serving():
        assert world.released == []
    assert sorted(world.released) == sorted(world.acquired)


async def test_timers_go_to_their_machine() -> None:
    world = World()
    async with world.serving():
        world.broker.commit([order(approve(0), "m0", world.clock.now())])
        await world.pass_time(STEP_SECONDS + 2)
        assert await world.state() == Counter(1, woken=1)


async def test_lost_wake_up_is_swept() -> None:
    world = World()
    await world.shell.apply(KEY, approve(0), "m0")
    for armed in list(world.broker.stored(["timer.>"], 0)):
        world.broker.commit([Write("evt.t.x.y.3.e.-", b"", cancels=armed.subject)])
    await world.clock.advance(STEP_SECONDS + 1)
    async with world.serving():
        await world.pass_time(1)
        assert await world.state() == Counter(1, woken=1)


async def test_unreadable_record_keeps_nobody_asleep() -> None:
    world = World()
    unreadable = Write(state_subject("rollout", Key("t", KEY.partition, "broken")), b"no record")
    world.broker.commit([unreadable])
    await world.shell.apply(KEY, approve(0), "m0")
    for armed in list(world.broker.stored(["timer.>"], 0)):
        world.broker.commit([Write("evt.t.x.y.3.e.-", b"", cancels=armed.subject)])
    await world.clock.advance(STEP_SECONDS + 1)
    async with world.serving():
        await world.pass_time(1)
        assert await world.state() == Counter(1, woken=1)


async def test_unreadable_record_stops_nobody_else() -> None:
    world = World()
    broken = Key("t", KEY.partition, "broken")
    world.broker.commit([Write(state_subject("rollout", broken), b"no record")])
    async with world.serving():
        world.broker.commit([order(approve(0), "m0", world.clock.now(), broken)])
        world.broker.commit([order(approve(0), "m1", world.clock.now())])
        await world.pass_time(10)
        assert await world.state() == Counter(1)
        (letter,) = world.broker.stored(["evt.*.fault.>"], 0)
        assert b"broken" in letter.data


async def test_nothing_is_swept_before_its_time() -> None:
    world = World()
    await world.shell.apply(KEY, approve(0), "m0")
    await world.clock.advance(STEP_SECONDS - 1)
    async with world.serving():
        await world.pass_time(0)
        assert (await world.shell.load(KEY)).step == 1


async def test_no_clock_of_a_process_wakes_anything_early() -> None:
    world = World()
    await world.shell.apply(KEY, approve(0), "m0")
    fast = VirtualClock()
    await fast.advance(86_400)
    ports = Ports(world.ports.bus, world.ports.store, fast)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve_partition(world.service, ports, KEY.partition))
        await settle()
        await world.pass_time(STEP_SECONDS - 1)
        assert await world.state() == Counter(1)
        await world.pass_time(2)
        assert await world.state() == Counter(1, woken=1)
        task.cancel()


async def test_timer_is_announced_once_in_a_tenure() -> None:
    world = World()
    await world.shell.apply(KEY, approve(0), "m0")
    announced = await sweep(COUNTER.noun, world.ports.store, KEY.partition, set())
    end = world.broker.last_sequence
    assert await sweep(COUNTER.noun, world.ports.store, KEY.partition, announced) == announced
    assert world.broker.last_sequence == end


async def test_kept_states_are_forgotten_when_acquired() -> None:
    world = World()
    await world.shell.load(KEY)
    await Shell(COUNTER, world.ports.store, world.clock).apply(KEY, approve(0), "m0")
    async with world.serving():
        assert KEY not in world.shell.kept


async def test_one_partition_can_be_served_alone() -> None:
    world = World()
    world.broker.commit([order(approve(0), "m0", world.clock.now())])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve_partition(world.service, world.ports, KEY.partition))
        await settle()
        task.cancel()
    assert (await world.state(), world.acquired) == (Counter(1), [KEY.partition])
