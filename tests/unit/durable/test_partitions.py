"""Who works on which partition, while members come, go, die and are cut off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.partitions import LEASE, Partitions, Ports, Sharing, share
from libs.durable.ports import Unavailable
from libs.durable.record import NewerSchema
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock, settle
from tests.crash import Crashed, CrashingStore, Fuse

PARTITIONS = 16
ALL = frozenset(range(PARTITIONS))
TTL = 10
NEVER = 10**9

members = st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=6)


class World:
    """A broker, and members on it that note what they work on."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.store = MemoryStore(self.broker)
        self.working: dict[str, set[int]] = {}
        self.started: list[int] = []
        self.errors: dict[int, list[Exception]] = {}

    async def work(self, member: str, partition: int) -> None:
        self.started.append(partition)
        self.working.setdefault(member, set()).add(partition)
        try:
            if self.errors.get(partition):
                raise self.errors[partition].pop(0)
            await asyncio.Event().wait()
        finally:
            self.working[member].discard(partition)

    def partitions(self, member: str, fuse: Fuse | None = None) -> Partitions:
        store = CrashingStore(self.store, fuse or Fuse(NEVER, after=False))
        return Partitions("planner", Sharing(member, PARTITIONS, TTL), Ports(MemoryBus(self.broker), store, self.clock))

    @asynccontextmanager
    async def member(self, name: str, fuse: Fuse | None = None) -> AsyncIterator[Partitions]:
        """A member that takes part inside the block, and leaves in good order."""
        partitions = self.partitions(name, fuse)

        async def work(partition: int) -> None:
            await self.work(name, partition)

        async def run() -> None:
            try:
                await partitions.run(work)
            except* Crashed:
                pass

        async with asyncio.TaskGroup() as group:
            task = group.create_task(run())
            await settle()
            yield partitions
            task.cancel()

    def overlap(self) -> list[int]:
        held = [partition for working in self.working.values() for partition in working]
        return sorted(partition for partition in set(held) if held.count(partition) > 1)


@pytest.fixture
def world() -> World:
    return World()


@given(members, st.integers(0, 64))
def test_every_partition_has_one_owner(names: set[str], count: int) -> None:
    shares = [share(name, names, range(count)) for name in names]
    assert sorted(partition for one in shares for partition in one) == list(range(count))


@given(members, st.text(min_size=9, max_size=9))
def test_newcomer_only_takes(names: set[str], newcomer: str) -> None:
    for name in names:
        before, after = share(name, names, ALL), share(name, names | {newcomer}, ALL)
        assert before - after <= share(newcomer, names | {newcomer}, ALL)
        assert after <= before


def test_shares_are_fair() -> None:
    names = [f"planner-{number}" for number in range(4)]
    sizes = [len(share(name, names, range(1000))) for name in names]
    assert min(sizes) > 200


async def test_one_member_has_everything(world: World) -> None:
    async with world.member("a") as one:
        assert one.held == ALL
        assert world.working["a"] == ALL


async def test_newcomer_gets_its_share_at_once(world: World) -> None:
    async with world.member("a") as a, world.member("b") as b:
        assert b.held == share("b", ["a", "b"], ALL)
        assert a.held == ALL - b.held
        assert world.overlap() == []


async def test_leaving_member_hands_over_at_once(world: World) -> None:
    async with world.member("a") as a:
        async with world.member("b") as b:
            assert b.held
        await settle()
        assert a.held == ALL
        assert world.working == {"a": ALL, "b": set()}


async def test_leases_outlive_their_time_while_renewed(world: World) -> None:
    async with world.member("a"):
        await world.clock.advance(20 * TTL)
        assert sorted(world.started) == sorted(ALL)


async def test_dead_member_is_replaced_after_its_time(world: World) -> None:
    fuse = Fuse(NEVER, after=False)
    async with world.member("a") as a, world.member("b", fuse) as b:
        lost = b.held
        fuse.calls = NEVER
        await world.clock.advance(TTL / 2)
        assert a.held == ALL - lost
        await world.clock.advance(2 * TTL)
        assert a.held == ALL


async def test_what_the_server_forgot_to_end_is_not_waited_for(world: World) -> None:
    """A server that was killed may keep for ever what had a time."""
    await world.store.put(LEASE, "member.planner.ghost", b"ghost")
    for partition in ALL:
        await world.store.put(LEASE, f"partition.planner.{partition}", b"ghost")
    async with world.member("a") as a:
        assert a.held == frozenset()
        await world.clock.advance(3 * TTL)
        assert a.held == ALL


async def test_lost_lease_ends_the_work(world: World) -> None:
    async with world.member("a") as a:
        await world.store.put(LEASE, "partition.planner.3", b"stranger")
        await world.clock.advance(TTL / 2)
        assert a.held == world.working["a"] == ALL - {3}


async def test_lost_lease_is_taken_back_when_free(world: World) -> None:
    async with world.member("a") as a:
        await world.store.put(LEASE, "partition.planner.3", b"stranger", ttl=TTL)
        await world.clock.advance(3 * TTL)
        assert a.held == ALL
        assert world.started.count(3) == 2


async def test_own_lease_without_verdict_is_kept(world: World) -> None:
    async with world.member("a") as a:
        await world.store.put(LEASE, "partition.planner.3", b"a", ttl=TTL)
        await world.clock.advance(TTL)
        assert a.held == ALL
        assert world.started.count(3) == 1


async def test_newer_records_give_the_partition_up(world: World) -> None:
    world.errors[5] = [NewerSchema("x")]
    async with world.member("a") as a:
        await world.clock.advance(3 * TTL)
        assert a.held == ALL - {5}
        assert await world.store.get(LEASE, "partition.planner.5") is None


async def test_interrupted_work_begins_again(world: World) -> None:
    world.errors[5] = [Unavailable("x")]
    async with world.member("a") as a:
        await world.clock.advance(TTL)
        assert a.held == world.working["a"] == ALL
        assert world.started.count(5) == 2


async def test_unforeseen_failure_ends_the_process(world: World) -> None:
    world.errors[5] = [ZeroDivisionError("x")]
    with pytest.raises(ExceptionGroup) as caught:
        async with world.member("a"):
            pass
    assert caught.value.subgroup(ZeroDivisionError)
    assert await world.store.entries(LEASE) == []


async def test_services_do_not_share_leases(world: World) -> None:
    async with world.member("a"):
        ports = Ports(MemoryBus(world.broker), world.store, world.clock)
        other = Partitions("executor", Sharing("a", PARTITIONS, TTL), ports)

        async def work(_: int) -> None:
            await asyncio.Event().wait()

        async with asyncio.TaskGroup() as group:
            task = group.create_task(other.run(work))
            await settle()
            assert other.held == ALL
            task.cancel()
