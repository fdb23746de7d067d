"""Sealed blobs by their digests: a small one is one message, a large one an object as every NATS tool knows them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import nats.errors
from nats.js.errors import ObjectNotFoundError
from nats.js.object_store import ObjectStore

from libs.bus.connection import Connection
from libs.durable.ports import Conflict, Unavailable, Unknown
from libs.store.batch import EXPECTED_HEADER, judge
from libs.store.layout import BLOBS, MAX_BLOB_BYTES, blob_subject, blobs_stream
from libs.store.leader import last
from libs.store.seal import Seal, digest_of

SMALL_BYTES = 128 * 1024
_BLOB_SECONDS = 30


class Blobs:
    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal
        self._objects = ObjectStore(BLOBS, blobs_stream(), connection.client.jetstream())

    async def save(self, data: bytes) -> str:
        if len(data) > MAX_BLOB_BYTES:
            raise ValueError(f"a blob has {len(data)} bytes, more than {MAX_BLOB_BYTES}")
        digest = digest_of(data)
        self._connection.require_trusted()
        async with _blob_call(digest):
            if len(data) <= SMALL_BYTES:
                await self._save_small(digest, data)
            else:
                await self._save_large(digest, data)
        return digest

    async def read(self, digest: str) -> bytes:
        async with _blob_call(digest):
            small = await last(self._connection, blobs_stream(), blob_subject(digest))
            sealed = small.data if small else await self._read_large(digest)
        return self._seal.open(digest, sealed)

    async def _save_small(self, digest: str, data: bytes) -> None:
        """One way to the server and one fsync, where an object takes five and two."""
        sealed = self._seal.close(digest, data)
        answer = await self._connection.request(blob_subject(digest), sealed, {EXPECTED_HEADER: "0"})
        with suppress(Conflict):  # it is there already
            judge(answer.data)

    async def _save_large(self, digest: str, data: bytes) -> None:
        try:
            await self._objects.get_info(digest)
        except ObjectNotFoundError:
            await self._objects.put(digest, self._seal.close(digest, data))

    async def _read_large(self, digest: str) -> bytes:
        try:
            return (await self._objects.get(digest)).data or b""
        except ObjectNotFoundError as error:
            raise KeyError(digest) from error


@asynccontextmanager
async def _blob_call(digest: str) -> AsyncIterator[None]:
    """The client's object store waits for ever where a server died in between."""
    try:
        async with asyncio.timeout(_BLOB_SECONDS):
            yield
    except (TimeoutError, nats.errors.Error, Unknown) as error:
        raise Unavailable(f"blob {digest}: {error!r}") from error
