"""A process that stops at its n-th call of a port, before the call does anything or after it did."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.ports import Delivery, Entry, Store, Stored, Write

Result = TypeVar("Result")


class Crashed(BaseException):
    """The process is no more. Not an `Exception`: nothing in it may go on."""


class Fuse:
    """Counts calls; the one numbered `at` raises `Crashed`, and so does every one after it."""

    def __init__(self, at: int, after: bool) -> None:
        self._at = at
        self._after = after
        self.calls = 0

    @property
    def blown(self) -> bool:
        return self.calls >= self._at

    async def around(self, call: Callable[[], Awaitable[Result]]) -> Result:
        self.calls += 1
        if self.calls < self._at:
            return await call()
        if self.calls == self._at and self._after:
            await call()
        raise Crashed(f"at call {self._at}")


class CrashingStore:
    """A store behind a fuse."""

    def __init__(self, store: Store, fuse: Fuse) -> None:
        self._store = store
        self._fuse = fuse

    async def last(self, subject: str) -> Stored | None:
        return await self._fuse.around(lambda: self._store.last(subject))

    async def lasts(self, filters: Sequence[str]) -> list[Stored]:
        return await self._fuse.around(lambda: self._store.lasts(filters))

    def history(self, filters: Sequence[str], after: int = 0) -> AsyncIterator[Stored]:
        return self._store.history(filters, after)

    async def commit(self, batch: Sequence[Write]) -> int:
        return await self._fuse.around(lambda: self._store.commit(batch))

    async def get(self, bucket: str, key: str) -> Entry | None:
        return await self._fuse.around(lambda: self._store.get(bucket, key))

    async def put(self, bucket: str, key: str, value: bytes, revision: int | None = None, ttl: int = 0) -> int:
        return await self._fuse.around(lambda: self._store.put(bucket, key, value, revision, ttl))

    async def delete(self, bucket: str, key: str, revision: int | None = None) -> None:
        return await self._fuse.around(lambda: self._store.delete(bucket, key, revision))

    async def entries(self, bucket: str, prefix: str = "") -> list[Entry]:
        return await self._fuse.around(lambda: self._store.entries(bucket, prefix))

    async def save(self, data: bytes) -> str:
        return await self._fuse.around(lambda: self._store.save(data))

    async def read(self, digest: str) -> bytes:
        return await self._fuse.around(lambda: self._store.read(digest))


class CrashingDelivery:
    """A delivery whose acknowledgement is behind the fuse."""

    def __init__(self, delivery: Delivery, fuse: Fuse) -> None:
        self._delivery = delivery
        self._fuse = fuse

    @property
    def stored(self) -> Stored:
        return self._delivery.stored

    async def ack(self) -> None:
        await self._fuse.around(self._delivery.ack)

    async def progress(self) -> None:
        await self._fuse.around(self._delivery.progress)


async def crashing(deliveries: AsyncIterator[Delivery], fuse: Fuse) -> AsyncIterator[Delivery]:
    """The same deliveries behind the fuse."""
    async for delivery in deliveries:
        yield CrashingDelivery(delivery, fuse)


class CrashingBus(MemoryBus):
    """A bus whose acknowledgements are behind the fuse; what is not stored may be lost at any time anyway."""

    def __init__(self, broker: Broker, fuse: Fuse) -> None:
        super().__init__(broker)
        self._fuse = fuse

    @asynccontextmanager
    async def consume(
        self, name: str, filters: Sequence[str], takeover: bool = True
    ) -> AsyncIterator[AsyncIterator[Delivery]]:
        async with super().consume(name, filters, takeover) as deliveries:
            yield crashing(deliveries, self._fuse)
