"""Dialling a gateway: TLS, the token, and then the stream as pieces of bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from agent.frames import METHOD
from agent.stream import Ended, Wire

_PIECE_BYTES = 2 * 1024 * 1024

_OPTIONS = (
    ("grpc.max_receive_message_length", _PIECE_BYTES),
    # Both ends say something every ten seconds. Pings below that, held up by a busy machine and counted all at once,
    # had the gateway end streams for too many of them.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # Every attempt dials anew: whoever reconnects after a failure must not be given the connection that failed.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
)


class _CallStream:
    """See `Wire`."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def read(self) -> bytes:
        try:
            piece: object = await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise _ended(error.code(), error.details()) from error
        if not isinstance(piece, bytes):
            raise _ended(await self._call.code(), await self._call.details())
        return piece

    async def write(self, piece: bytes) -> None:
        try:
            await self._call.write(piece)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as error:
            raise Ended(f"the stream broke: {error}") from error

    async def finish(self) -> None:
        await self._call.done_writing()


@asynccontextmanager
async def dialled(address: str, authority: Path | None, token: str) -> AsyncIterator[Wire]:
    """A stream to the gateway at `address`; the certificates in `authority`, as they are now, vouch for it.

    None: the system's own.
    """
    credentials = grpc.ssl_channel_credentials(root_certificates=_read(authority))
    async with grpc.aio.secure_channel(address, credentials, options=_OPTIONS) as channel:
        call: Any = channel.stream_stream(METHOD)(metadata=(("authorization", f"Bearer {token}"),))
        try:
            yield _CallStream(call)
        finally:
            call.cancel()


def _read(authority: Path | None) -> bytes | None:
    """Whoever replaces it may have taken it away for a moment; other streams go on meanwhile."""
    try:
        return authority.read_bytes() if authority else None
    except OSError as error:
        raise Ended(f"the CA file {authority} cannot be read: {error.strerror}") from error


def _ended(code: grpc.StatusCode, details: str | None) -> Ended:
    reason = f"{code.name}: {details or 'the gateway closed the stream'}"
    return Ended(reason, is_unauthenticated=code is grpc.StatusCode.UNAUTHENTICATED)
