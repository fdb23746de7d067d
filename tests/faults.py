"""A store that fails as told: each call takes the next fault from a list, and works when the list is empty."""

from collections.abc import AsyncIterator, Sequence

from libs.durable.ports import Conflict, Entry, Store, Stored, Unavailable, Unknown, Write

LOST_BEFORE = "no verdict, not committed"
LOST_AFTER = "no verdict, committed"
REFUSED = "somebody else wrote"
AWAY = "not reachable"


class FaultyStore:
    """Only commits fail; `commits` and `reads` count what came through."""

    def __init__(self, store: Store, faults: Sequence[str] = ()) -> None:
        self._store = store
        self.faults = list(faults)
        self.reads = 0
        self.commits = 0

    async def last(self, subject: str) -> Stored | None:
        self.reads += 1
        return await self._store.last(subject)

    async def lasts(self, filters: Sequence[str]) -> list[Stored]:
        return await self._store.lasts(filters)

    def history(self, filters: Sequence[str], after: int = 0) -> AsyncIterator[Stored]:
        return self._store.history(filters, after)

    async def commit(self, batch: Sequence[Write]) -> int:
        match self.faults.pop(0) if self.faults else None:
            case "no verdict, not committed":
                raise Unknown(LOST_BEFORE)
            case "no verdict, committed":
                await self._store.commit(batch)
                raise Unknown(LOST_AFTER)
            case "somebody else wrote":
                raise Conflict(REFUSED)
            case "not reachable":
                raise Unavailable(AWAY)
            case _:
                self.commits += 1
                return await self._store.commit(batch)

    async def get(self, bucket: str, key: str) -> Entry | None:
        return await self._store.get(bucket, key)

    async def put(self, bucket: str, key: str, value: bytes, revision: int | None = None, ttl: int = 0) -> int:
        return await self._store.put(bucket, key, value, revision, ttl)

    async def delete(self, bucket: str, key: str, revision: int | None = None) -> None:
        await self._store.delete(bucket, key, revision)

    async def entries(self, bucket: str, prefix: str = "") -> list[Entry]:
        return await self._store.entries(bucket, prefix)

    async def save(self, data: bytes) -> str:
        return await self._store.save(data)

    async def read(self, digest: str) -> bytes:
        return await self._store.read(digest)
