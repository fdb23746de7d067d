"""A store that fails as told: each commit takes the next fault from a list, and works when the list is empty.

Puts have a list of their own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from libs.durable.ports import Conflict, Entry, Store, Stored, Unavailable, Unknown, Write

LOST_BEFORE = "no verdict, not committed"
LOST_AFTER = "no verdict, committed"
REFUSED = "somebody else wrote"
AWAY = "not reachable"

Fault = str | Callable[[], Awaitable[object]] | None
"""None: this one works."""


class FaultyStore:
    """Only commits and puts fail; a fault may also be what happens meanwhile, before the verdict is lost."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.faults: list[Fault] = []
        self.puts: list[Fault] = []
        self.reads = 0

    async def last(self, subject: str) -> Stored | None:
        self.reads += 1
        return await self._store.last(subject)

    async def lasts(self, filters: Sequence[str]) -> list[Stored]:
        return await self._store.lasts(filters)

    def history(self, filters: Sequence[str], after: int = 0) -> AsyncIterator[Stored]:
        return self._store.history(filters, after)

    async def commit(self, batch: Sequence[Write]) -> int:
        return await self._act(self.faults, lambda: self._store.commit(batch))

    async def get(self, bucket: str, key: str) -> Entry | None:
        return await self._store.get(bucket, key)

    async def put(self, bucket: str, key: str, value: bytes, revision: int | None = None, ttl: int = 0) -> int:
        return await self._act(self.puts, lambda: self._store.put(bucket, key, value, revision, ttl))

    async def delete(self, bucket: str, key: str, revision: int | None = None) -> None:
        await self._store.delete(bucket, key, revision)

    async def entries(self, bucket: str, prefix: str = "") -> list[Entry]:
        return await self._store.entries(bucket, prefix)

    async def save(self, data: bytes) -> str:
        return await self._store.save(data)

    async def read(self, digest: str) -> bytes:
        return await self._store.read(digest)

    async def _act(self, faults: list[Fault], act: Callable[[], Awaitable[int]]) -> int:
        fault = faults.pop(0) if faults else None
        match fault:
            case None:
                return await act()
            case "somebody else wrote":
                raise Conflict(fault)
            case "not reachable":
                raise Unavailable(fault)
            case "no verdict, committed":
                await act()
            case "no verdict, not committed":
                pass
            case _ if callable(fault):
                await fault()
        raise Unknown("no verdict")
