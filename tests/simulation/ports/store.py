"""A store that a process reaches over a network: refused, without a verdict, or done and never told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from libs.durable.ports import Entry, Store, Stored, Unavailable, Unknown, Write
from tests.simulation.ports.process import Process
from tests.simulation.world.weather import Weather

Result = TypeVar("Result")

PATIENCE_SECONDS = 5.0
"""For how long a verdict is waited for."""


class DistantStore:
    """See `Store`."""

    def __init__(self, store: Store, process: Process, weather: Weather) -> None:
        self._store = store
        self._process = process
        self._weather = weather

    async def last(self, subject: str) -> Stored | None:
        return await self._read(lambda: self._store.last(subject))

    async def lasts(self, filters: Sequence[str]) -> list[Stored]:
        return await self._read(lambda: self._store.lasts(filters))

    async def history(self, filters: Sequence[str], after: int = 0) -> AsyncIterator[Stored]:
        async for stored in self._store.history(filters, after):
            await self._process.reach()
            yield stored

    async def commit(self, batch: Sequence[Write]) -> int:
        return await self._write(lambda: self._store.commit(batch))

    async def get(self, bucket: str, key: str) -> Entry | None:
        return await self._read(lambda: self._store.get(bucket, key))

    async def put(self, bucket: str, key: str, value: bytes, revision: int | None = None, ttl: int = 0) -> int:
        return await self._write(lambda: self._store.put(bucket, key, value, revision, ttl))

    async def delete(self, bucket: str, key: str, revision: int | None = None) -> None:
        await self._write(lambda: self._store.delete(bucket, key, revision))

    async def entries(self, bucket: str, prefix: str = "") -> list[Entry]:
        return await self._read(lambda: self._store.entries(bucket, prefix))

    async def save(self, data: bytes) -> str:
        return await self._write(lambda: self._store.save(data))

    async def read(self, digest: str) -> bytes:
        return await self._read(lambda: self._store.read(digest))

    async def _read(self, call: Callable[[], Awaitable[Result]]) -> Result:
        await self._process.reach()
        self._require_leader()
        result = await call()
        await self._process.come_back()
        return result

    async def _write(self, call: Callable[[], Awaitable[Result]]) -> Result:
        await self._process.reach()
        self._require_leader()
        if self._process.chance.strikes("store.lost"):
            await asyncio.sleep(PATIENCE_SECONDS)
            raise Unknown("no verdict; it was lost")
        result = await call()
        if self._process.chance.strikes("store.doubt"):
            await asyncio.sleep(PATIENCE_SECONDS)
            raise Unknown("no verdict; it was done")
        await self._process.come_back()
        return result

    def _require_leader(self) -> None:
        if self._weather.is_outage or self._process.chance.strikes("store.unavailable"):
            raise Unavailable("there is no leader")
