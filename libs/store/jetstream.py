"""The store over JetStream: records in the stream, buckets, sealed blobs. Reads go to the leader."""

import random
from collections.abc import AsyncIterator, Callable, Sequence

from libs.bus import reader
from libs.bus.connection import Connection
from libs.bus.pull import STREAM
from libs.durable.ports import Conflict, Entry, Stored, Write
from libs.store.batch import EXPECTED_HEADER, Batches, check_key, check_value, judge
from libs.store.blobs import Blobs
from libs.store.layout import bucket_stream
from libs.store.leader import last
from libs.store.seal import Seal

_TOMBSTONE_SECONDS = 60


class JetStreamStore:
    """The `Store` of production."""

    def __init__(
        self, connection: Connection, seal: Seal, chance: random.Random, busy: Callable[[], None] = lambda: None
    ) -> None:
        """`busy` counts commits that the server refused for the moment."""
        self._connection = connection
        self._batches = Batches(connection, chance, busy)
        self._blobs = Blobs(connection, seal)

    async def last(self, subject: str) -> Stored | None:
        message = await last(self._connection, STREAM, subject)
        if message is None:
            return None
        return Stored(message.subject, message.seq, message.time, message.data, message.id)

    async def lasts(self, filters: Sequence[str]) -> list[Stored]:
        return await reader.lasts(self._connection, filters)

    def history(self, filters: Sequence[str], after: int = 0) -> AsyncIterator[Stored]:
        return reader.history(self._connection, filters, after)

    async def commit(self, batch: Sequence[Write]) -> int:
        return await self._batches.commit(batch)

    async def get(self, bucket: str, key: str) -> Entry | None:
        message = await last(self._connection, bucket_stream(bucket), _subject(bucket, key))
        return Entry(key, message.data, message.seq) if message and message.data else None

    async def put(self, bucket: str, key: str, value: bytes, revision: int | None = None, ttl: int = 0) -> int:
        check_value(bucket, key, value)
        headers = {"Nats-TTL": f"{ttl}s"} if ttl else {}
        try:
            return await self._write(_subject(bucket, key), value, headers, revision)
        except Conflict:
            buried = (
                await last(self._connection, bucket_stream(bucket), _subject(bucket, key)) if revision == 0 else None
            )
            if buried is None or buried.data:
                raise
            return await self._write(_subject(bucket, key), value, headers, buried.seq)

    async def delete(self, bucket: str, key: str, revision: int | None = None) -> None:
        check_key(bucket, key)
        if revision == 0:
            if await self.get(bucket, key) is not None:
                raise Conflict(f"{bucket} {key} has a value")
            return
        # A tombstone, for only a message can be compared and set; it goes by itself.
        headers = {"KV-Operation": "PURGE", "Nats-Rollup": "sub", "Nats-TTL": f"{_TOMBSTONE_SECONDS}s"}
        await self._write(_subject(bucket, key), b"", headers, revision)

    async def entries(self, bucket: str, prefix: str = "") -> list[Entry]:
        own = _subject(bucket, "")
        found = await reader.lasts(self._connection, [f"{own}>"], bucket_stream(bucket))
        return [
            Entry(stored.subject.removeprefix(own), stored.data, stored.sequence)
            for stored in found
            if stored.data and stored.subject.startswith(own + prefix)
        ]

    async def save(self, data: bytes) -> str:
        return await self._blobs.save(data)

    async def read(self, digest: str) -> bytes:
        return await self._blobs.read(digest)

    async def _write(self, subject: str, value: bytes, headers: dict[str, str], revision: int | None) -> int:
        if revision is not None:
            headers = headers | {EXPECTED_HEADER: str(revision)}
        self._connection.require_trusted()
        answer = await self._connection.request(subject, value, headers)
        return judge(answer.data)


def _subject(bucket: str, key: str) -> str:
    return f"$KV.{bucket}.{key}"
