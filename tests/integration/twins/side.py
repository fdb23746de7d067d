"""One of the two sides: does acts and answers in words that both sides share, sequences counted from where it began."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from libs.durable.ports import Bus, Conflict, Delivery, Store, Stored, Write
from libs.runtime.clock import SystemClock
from tests.integration.twins import acts
from tests.waiting import eventually

SECONDS = 20
CLOCK = SystemClock()
NEVER = 10**9
"""More than any sequence or revision."""


class Side:
    """`processes` are two on one server, which pull in turns; `tenant` is this run's own."""

    def __init__(self, processes: Sequence[tuple[Bus, Store]], tenant: str, base: int) -> None:
        self._processes = processes
        self._tenant = tenant
        self._base = base
        self._holder = 0
        self._consuming: AbstractAsyncContextManager[AsyncIterator[Delivery]] | None = None
        self._deliveries: AsyncIterator[Delivery] | None = None
        self._coming: asyncio.Future[Delivery] | None = None
        self._held: list[Delivery] = []
        self._old: dict[int, Delivery] = {}
        self._revisions: dict[str, list[int]] = {}

    @property
    def store(self) -> Store:
        return self._processes[self._holder][1]

    async def commit(self, act: acts.Commit) -> object:
        try:
            sequence = await self.store.commit([await self._write(write) for write in act.writes])
        except Conflict:
            return "conflict"
        await eventually(self._have_fired(act), SECONDS)
        return sequence - self._base

    async def pull(self, most: int, patience: float) -> list[object]:
        """As many as come; the twin is asked first, so that the real side knows how many to wait for."""
        await self._open()
        taken: list[Delivery] = []
        while len(taken) < most and (delivery := await self._next(patience)):
            taken.append(delivery)
        self._held += taken
        return [self._told(delivery.stored) for delivery in taken]

    async def acknowledge(self, act: acts.Acknowledge) -> object:
        if not self._held:
            return None
        delivery = self._held.pop(act.number % len(self._held))
        old = self._old.get(delivery.stored.sequence) if act.by_old_holder else None
        await (old or delivery).ack()
        return delivery.stored.sequence - self._base

    async def do(self, act: acts.Act) -> object:
        """Everything but `Pull`."""
        match act:
            case acts.Commit():
                return await self.commit(act)
            case acts.Acknowledge():
                return await self.acknowledge(act)
            case acts.Read():
                return await self.read(act)
            case acts.Progress() | acts.TakeOver():
                return await self._hold(act)
            case _:
                return await self._keep(act)

    async def _hold(self, act: acts.Progress | acts.TakeOver) -> object:
        if isinstance(act, acts.Progress):
            await self.progress(act.number)
        else:
            await self.take_over()
        return None

    async def _keep(self, act: acts.Act) -> object:
        match act:
            case acts.Put():
                return await self.put(act)
            case acts.Delete():
                return await self.delete(act)
            case _:
                return await self.look()

    async def progress(self, number: int) -> None:
        if self._held:
            await self._held[number % len(self._held)].progress()

    async def take_over(self) -> None:
        await self.close()
        await self.store.last(acts.STATES[0].format(self._tenant))  # after the acknowledgements that were just said
        self._old = {delivery.stored.sequence: delivery for delivery in self._held}
        self._held = []
        self._holder = 1 - self._holder

    async def put(self, act: acts.Put) -> object:
        key, revision = self._key(act.key), self._revision(act.key, act.compared)

        async def put() -> None:
            self._revisions.setdefault(act.key, []).append(await self.store.put("config", key, act.value, revision))

        return await _refused(put)

    async def delete(self, act: acts.Delete) -> object:
        key, revision = self._key(act.key), self._revision(act.key, act.compared)

        async def delete() -> None:
            await self.store.delete("config", key, revision)

        return await _refused(delete)

    async def look(self) -> object:
        entries = await self.store.entries("config", f"{self._tenant}.")
        got = [await self.store.get("config", self._key(key)) for key in acts.KEYS]
        shown = [(entry.key.removeprefix(f"{self._tenant}."), entry.value, self._age(entry.key)) for entry in entries]
        return (
            shown,
            [entry.value if entry else None for entry in got],
            [entry.revision for entry in entries] == [self._revisions[key][-1] for key, _, _ in shown],
        )

    async def read(self, act: acts.Read) -> object:
        filters, after = self._filters(act.filters), self._base + act.after
        history = [self._told(stored) async for stored in self.store.history(filters, after)]
        lasts = [self._told(stored) for stored in await self.store.lasts(filters)]
        last = await self.store.last(acts.STATES[0].format(self._tenant))
        return history, lasts, last and self._told(last), await self._followed(filters, after, len(history))

    async def close(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.wait([self._coming])
        if self._consuming is not None:
            await self._consuming.__aexit__(None, None, None)
        self._consuming = self._deliveries = self._coming = None

    async def _next(self, patience: float) -> Delivery | None:
        """None where nothing comes in time; what comes later is for the next one who asks."""
        assert self._deliveries is not None
        coming = self._coming = self._coming or asyncio.ensure_future(anext(self._deliveries))
        await asyncio.wait([coming], timeout=patience)
        if not coming.done():
            return None
        self._coming = None
        return coming.result()

    async def _followed(self, filters: Sequence[str], after: int, count: int) -> list[object]:
        heard: list[object] = []
        async with asyncio.timeout(SECONDS):
            following = self._processes[self._holder][0].follow(filters, after)
            while len(heard) < count:
                heard.append(self._told(await anext(following)))
        return heard

    async def _open(self) -> None:
        if self._consuming is None:
            bus = self._processes[self._holder][0]
            self._consuming = bus.consume(f"c-{self._tenant}", self._filters(acts.CONSUMED))
            self._deliveries = await self._consuming.__aenter__()

    async def _write(self, write: acts.Message | acts.Timer) -> Write:
        if isinstance(write, acts.Timer):
            name = acts.TIMERS[write.number].format(self._tenant)
            at = CLOCK.now() + timedelta(hours=-1 if write.is_past else 1)
            expected = await self._expected(f"timer.{name}", write.compared)
            return Write(f"timer.{name}", b"t", expected=expected, fires_at=at, fires_as=f"due.{name}")
        subject = write.subject.format(self._tenant)
        id_ = f"{self._tenant}-{write.id}" if write.id else ""
        cancels = "" if write.cancels is None else f"timer.{acts.TIMERS[write.cancels].format(self._tenant)}"
        return Write(subject, write.data, id_, await self._expected(subject, write.compared), cancels=cancels)

    async def _expected(self, subject: str, compared: str) -> int | None:
        if compared in ("any", "none"):
            return None if compared == "any" else 0
        stored = await self.store.last(subject)
        return NEVER if compared == "stale" else stored.sequence if stored else 0

    def _revision(self, key: str, compared: str) -> int | None:
        seen = self._revisions.get(key, [])
        match compared:
            case "any":
                return None
            case "none":
                return 0
            case "stale":
                return seen[-2] if len(seen) > 1 else NEVER
            case _:
                return seen[-1] if seen else 0

    def _have_fired(self, act: acts.Commit) -> Callable[[], Awaitable[bool]]:
        """Whether what the batch armed in the past is through, so that the next commit comes after it."""
        past = [write for write in act.writes if isinstance(write, acts.Timer) and write.is_past]
        subjects = [f"timer.{acts.TIMERS[write.number].format(self._tenant)}" for write in past]

        async def fired() -> bool:
            armed = [await self.store.last(subject) for subject in subjects]
            return not any(armed)

        return fired

    def _told(self, stored: Stored) -> tuple[str, int, bytes, str]:
        subject = stored.subject.replace(f".{self._tenant}.", ".")
        return subject, stored.sequence - self._base, stored.data, stored.id.removeprefix(f"{self._tenant}-")

    def _age(self, key: str) -> int:
        """How many values this key has had."""
        return len(self._revisions[key.removeprefix(f"{self._tenant}.")])

    def _key(self, key: str) -> str:
        return f"{self._tenant}.{key}"

    def _filters(self, filters: Sequence[str]) -> list[str]:
        return [one.format(self._tenant) for one in filters]


async def _refused(change: Callable[[], Awaitable[None]]) -> bool:
    try:
        await change()
    except Conflict:
        return True
    return False
