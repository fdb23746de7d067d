"""Who pulls which partition: the members that are alive share them out, and a lease says who really holds one.

The leases only route: whoever writes without one is stopped by compare-and-set, not by them.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress

import msgspec
from msgspec import Struct

from libs.durable.ports import Bus, Conflict, Entry, Packet, Store, Unavailable, Unknown
from libs.durable.record import NewerSchema
from libs.durable.tally import Fate
from libs.messages.subject import PARTITIONS
from libs.runtime.clock import Clock
from libs.runtime.log import logger

LEASE = "lease"
"""The bucket of memberships and leases."""

_LEAVE_SECONDS = 3.0

_log = logger()

Work = Callable[[int], Awaitable[None]]

Count = Callable[[str, str, Fate, float], None]
"""Told the service, and what `Settled` is told."""


def uncounted(_service: str, _address: str, _fate: Fate, _seconds: float) -> None:
    """As `Count`: nobody looks."""


class Sharing(Struct, frozen=True):
    """How this process takes part."""

    member: str
    """A name that no other process has, not even this one after a restart."""
    partitions: int = PARTITIONS
    ttl_seconds: int = 10
    """For how long a process that died is still believed to be there."""


class Ports(Struct, frozen=True):
    """What everything durable needs of the outside."""

    bus: Bus
    store: Store
    clock: Clock
    count: Count = uncounted


class _Held(Struct):
    revision: int
    task: asyncio.Task[None]


def share(member: str, members: Collection[str], partitions: Collection[int]) -> frozenset[int]:
    """Which partitions are `member`'s. Everybody computes the same; a member that comes or goes moves only its own."""
    return frozenset(
        partition for partition in partitions if max(members, key=lambda one: _weight(one, partition)) == member
    )


class Partitions:
    """This process's part in the work called `name`."""

    def __init__(self, name: str, sharing: Sharing, ports: Ports) -> None:
        self._name = name
        self._sharing = sharing
        self._store, self._bus, self._clock = ports.store, ports.bus, ports.clock
        self._member_key = f"member.{name}.{sharing.member}"
        self._held: dict[int, _Held] = {}
        self._seen: dict[str, tuple[int, float]] = {}
        """Entries of others: at which revision, and since when by this process's monotonic seconds."""
        self._beyond: set[int] = set()
        """Partitions with records of a newer release: not for this process any more."""
        self._stirred = asyncio.Event()

    async def run(self, work: Work) -> None:
        """Run `work(partition)` for every partition held, until cancelled; then let others have them at once."""
        async with self._bus.subscribe(self._hint) as hints, asyncio.TaskGroup() as group:
            others = [group.create_task(self._listen(hints)), group.create_task(self._tick())]
            try:
                await self._take_part(group, work)
            finally:
                for task in others:
                    task.cancel()
                await self._leave()

    @property
    def held(self) -> frozenset[int]:
        return frozenset(self._held)

    @property
    def _hint(self) -> str:
        """Where members say that something changed, so that nobody waits for the next turn."""
        return f"hint.partitions.{self._name}"

    async def _take_part(self, group: asyncio.TaskGroup, work: Work) -> None:
        joined = False
        while True:
            self._stirred.clear()
            try:
                mine = await self._mine()
                released = await self._give_up(mine)
                await self._acquire(mine, group, work)
                if released or not joined:
                    await self._bus.publish(self._hint, self._sharing.member.encode())
                joined = True
            except (Unavailable, Unknown) as error:
                _log.warning("partitions_wait", name=self._name, error=repr(error))
            await self._stirred.wait()

    async def _mine(self) -> frozenset[int]:
        """Say that this process is alive, and see who else is."""
        member = self._sharing.member
        await self._store.put(LEASE, self._member_key, member.encode(), ttl=self._sharing.ttl_seconds)
        entries = await self._store.entries(LEASE, f"member.{self._name}.")
        alive = {entry.value.decode() for entry in entries if not self._is_stale(entry)}
        there = {entry.key for entry in entries}
        self._seen = {key: seen for key, seen in self._seen.items() if key in there or key.startswith("partition.")}
        return share(member, alive | {member}, range(self._sharing.partitions)) - self._beyond

    async def _give_up(self, mine: frozenset[int]) -> bool:
        """Renew what stays; end what is somebody else's now, what was lost, and what ended by itself."""
        released = False
        for partition, held in tuple(self._held.items()):
            if partition in mine and not held.task.done() and await self._renew(partition, held):
                continue
            await self._stop(partition)
            released = True
        return released

    async def _acquire(self, mine: frozenset[int], group: asyncio.TaskGroup, work: Work) -> None:
        for partition in sorted(mine - self.held):
            revision = await self._lease(partition, 0)
            if revision is not None:
                _log.info("partition_acquired", name=self._name, partition=partition)
                self._held[partition] = _Held(revision, group.create_task(self._work(partition, work)))

    async def _renew(self, partition: int, held: _Held) -> bool:
        revision = await self._lease(partition, held.revision)
        held.revision = revision or 0
        return revision is not None

    async def _lease(self, partition: int, revision: int) -> int | None:
        """Take or renew the lease; None while somebody else has it."""
        key, member = self._lease_key(partition), self._sharing.member.encode()
        try:
            return await self._store.put(LEASE, key, member, revision, self._sharing.ttl_seconds)
        except Conflict:
            entry = await self._store.get(LEASE, key)
        # Ours: an earlier attempt had no verdict and was written after all.
        if entry is None or (entry.value != member and not self._is_stale(entry)):
            return None
        with suppress(Conflict):
            return await self._store.put(LEASE, key, member, entry.revision, self._sharing.ttl_seconds)
        return None

    def _is_stale(self, entry: Entry) -> bool:
        """Whether nobody has renewed it for its whole time: a server that was killed may forget that it ends."""
        now = self._clock.monotonic()
        revision, since = self._seen.get(entry.key, (0, now))
        if revision != entry.revision:
            self._seen[entry.key] = (entry.revision, now)
            return False
        return now - since > self._sharing.ttl_seconds

    async def _work(self, partition: int, work: Work) -> None:
        """Run the work; what ends it without a fault of ours gives the partition up, anything else ends the process."""
        try:
            await work(partition)
        except* NewerSchema as group:
            self._beyond.add(partition)
            _log.error("partition_too_new", name=self._name, partition=partition, error=repr(group.exceptions[0]))
        except* (Unavailable, Unknown) as group:
            _log.warning("partition_interrupted", name=self._name, partition=partition, error=repr(group.exceptions[0]))

    async def _stop(self, partition: int) -> None:
        held = self._held.pop(partition)
        held.task.cancel()
        await asyncio.wait([held.task])
        _log.info("partition_released", name=self._name, partition=partition)
        with suppress(Conflict):  # it was lost: somebody else has it, or nobody
            await self._store.delete(LEASE, self._lease_key(partition), held.revision)

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                for partition in tuple(self._held):
                    await self._stop(partition)
                await self._store.delete(LEASE, self._member_key)
                await self._bus.publish(self._hint, self._sharing.member.encode())
        except (TimeoutError, Unavailable, Unknown) as error:
            _log.warning("partitions_left_behind", name=self._name, error=repr(error))

    async def _listen(self, hints: AsyncIterator[Packet]) -> None:
        async for hint in hints:
            if hint.data != self._sharing.member.encode():
                self._stirred.set()

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(self._sharing.ttl_seconds / 3)
            self._stirred.set()

    def _lease_key(self, partition: int) -> str:
        return f"partition.{self._name}.{partition}"


def _weight(member: str, partition: int) -> bytes:
    return hashlib.sha256(msgspec.json.encode((member, partition))).digest()
