"""Sealed blobs in an object store that every NATS tool can read; a small one is kept in one atomic batch."""

import asyncio
import base64
import hashlib
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgspec
import nats.errors
from nats.js.errors import ObjectNotFoundError
from nats.js.object_store import ObjectStore

from libs.bus.connection import Connection
from libs.durable.ports import Conflict, Unavailable, Unknown, Write
from libs.store.batch import Batches
from libs.store.layout import BLOBS, MAX_BLOB_BYTES
from libs.store.seal import Seal, digest_of

_BLOB_SECONDS = 30
_CHUNK_BYTES = 128 * 1024
_SMALL_BYTES = 4 * _CHUNK_BYTES


class Blobs:
    def __init__(self, connection: Connection, seal: Seal, chance: random.Random) -> None:
        self._seal = seal
        self._chance = chance
        self._batches = Batches(connection, chance)
        self._objects = ObjectStore(BLOBS, f"OBJ_{BLOBS}", connection.client.jetstream())

    async def save(self, data: bytes) -> str:
        if len(data) > MAX_BLOB_BYTES:
            raise ValueError(f"a blob has {len(data)} bytes, more than {MAX_BLOB_BYTES}")
        digest = digest_of(data)
        async with _blob_call(digest):
            if len(data) <= _SMALL_BYTES:
                await self._save_at_once(digest, data)
            else:
                await self._save_if_missing(digest, data)
        return digest

    async def read(self, digest: str) -> bytes:
        async with _blob_call(digest):
            try:
                sealed = (await self._objects.get(digest)).data
            except ObjectNotFoundError as error:
                raise KeyError(digest) from error
        return self._seal.open(digest, sealed or b"")

    async def _save_at_once(self, digest: str, data: bytes) -> None:
        """One way to the server instead of five, and one fsync instead of two."""
        try:
            await self._batches.commit(_object(digest, self._seal.close(digest, data), self._chance))
        except Conflict:
            await self._save_if_missing(digest, data)

    async def _save_if_missing(self, digest: str, data: bytes) -> None:
        try:
            await self._objects.get_info(digest)
        except ObjectNotFoundError:
            await self._objects.put(digest, self._seal.close(digest, data))


def _object(name: str, content: bytes, chance: random.Random) -> tuple[Write, ...]:
    """An object that is not there yet, as the object store of NATS lays it down: its pieces, then what it is."""
    nuid = chance.randbytes(11).hex()
    pieces = tuple(_pieces(content))
    described = {
        "name": name,
        "bucket": BLOBS,
        "nuid": nuid,
        "size": len(content),
        "chunks": len(pieces),
        "digest": f"SHA-256={_encoded(hashlib.sha256(content).digest())}",
        "options": {"max_chunk_size": _CHUNK_BYTES},
    }
    return (
        *(Write(f"$O.{BLOBS}.C.{nuid}", piece) for piece in pieces),
        Write(f"$O.{BLOBS}.M.{_encoded(name.encode())}", msgspec.json.encode(described), expected=0),
    )


def _pieces(content: bytes) -> Iterator[bytes]:
    for begin in range(0, len(content), _CHUNK_BYTES):
        yield content[begin : begin + _CHUNK_BYTES]


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


@asynccontextmanager
async def _blob_call(digest: str) -> AsyncIterator[None]:
    """The client's object store waits for ever where a server died in between."""
    try:
        async with asyncio.timeout(_BLOB_SECONDS):
            yield
    except (TimeoutError, nats.errors.Error, Unknown) as error:
        raise Unavailable(f"blob {digest}: {error!r}") from error
