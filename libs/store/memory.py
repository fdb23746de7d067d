"""The store as a twin in memory: the same contract over a broker that everyone shares."""

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta

from libs.bus.broker import Broker, Kept
from libs.durable.ports import Conflict, Entry, Stored, Write
from libs.store.batch import check, check_key, check_value
from libs.store.layout import MAX_BLOB_BYTES
from libs.store.seal import digest_of


class MemoryStore:
    """The `Store` of tests and simulations."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def last(self, subject: str) -> Stored | None:
        return self._broker.last(subject)

    async def lasts(self, filters: Sequence[str]) -> list[Stored]:
        return self._broker.lasts(filters)

    async def history(self, filters: Sequence[str], after: int = 0) -> AsyncGenerator[Stored, None]:
        end = self._broker.last_sequence
        for stored in self._broker.stored(filters, after):
            if stored.sequence > end:
                return
            yield stored

    async def commit(self, batch: Sequence[Write]) -> int:
        check(batch)
        return self._broker.commit(batch)

    async def get(self, bucket: str, key: str) -> Entry | None:
        kept = self._broker.live(bucket, key)
        return Entry(key, kept.value, kept.revision) if kept else None

    async def put(self, bucket: str, key: str, value: bytes, revision: int | None = None, ttl: int = 0) -> int:
        check_value(bucket, key, value)
        self._compare(bucket, key, revision)
        expires_at = self._broker.clock.now() + timedelta(seconds=ttl) if ttl else None
        self._broker.revision += 1
        self._broker.buckets[bucket][key] = Kept(value, self._broker.revision, expires_at)
        return self._broker.revision

    async def delete(self, bucket: str, key: str, revision: int | None = None) -> None:
        check_key(bucket, key)
        self._compare(bucket, key, revision)
        self._broker.buckets[bucket].pop(key, None)

    async def entries(self, bucket: str, prefix: str = "") -> list[Entry]:
        keys = [key for key in self._broker.buckets.get(bucket, {}) if key.startswith(prefix)]
        found = ((key, self._broker.live(bucket, key)) for key in keys)
        entries = [Entry(key, kept.value, kept.revision) for key, kept in found if kept]
        return sorted(entries, key=lambda entry: entry.revision)

    async def save(self, data: bytes) -> str:
        if len(data) > MAX_BLOB_BYTES:
            raise ValueError(f"a blob has {len(data)} bytes, more than {MAX_BLOB_BYTES}")
        digest = digest_of(data)
        self._broker.blobs[digest] = data
        return digest

    async def read(self, digest: str) -> bytes:
        return self._broker.blobs[digest]

    def _compare(self, bucket: str, key: str, revision: int | None) -> None:
        kept = self._broker.live(bucket, key)
        if revision is not None and revision != (kept.revision if kept else 0):
            raise Conflict(f"{bucket} {key} has another revision")
