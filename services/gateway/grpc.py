"""The server that agents dial: TLS, who is calling, the first two frames, and then the stream as pieces of bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import grpc
import grpc.aio
from msgspec import Struct

from libs.link.pulse import Silent
from libs.link.rate import Rate
from libs.runtime import log
from services.gateway import translate
from services.gateway.attendance import Disagreed, NotAccepted, Verify
from services.gateway.handlers import Gateway
from services.gateway.session import Caller

HELLO_SECONDS = 5.0
_PIECE_BYTES = 512 * 1024
_METADATA_BYTES = 16 * 1024
_SLOTS_PER_CONNECTION = 16

_OPTIONS = (
    ("grpc.max_receive_message_length", _PIECE_BYTES),
    ("grpc.max_send_message_length", 2 * 1024 * 1024),
    ("grpc.max_metadata_size", _METADATA_BYTES),
    ("grpc.max_concurrent_streams", _SLOTS_PER_CONNECTION),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Below what agents ping at, or the server's own rule of five minutes would send them away.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    # A second gateway on the same port would be a mistake, not a cluster.
    ("grpc.so_reuseport", 0),
)


_CODES: dict[type[Exception], grpc.StatusCode] = {
    translate.Malformed: grpc.StatusCode.INVALID_ARGUMENT,
    Disagreed: grpc.StatusCode.FAILED_PRECONDITION,
    NotAccepted: grpc.StatusCode.UNAUTHENTICATED,
    Silent: grpc.StatusCode.DEADLINE_EXCEEDED,
}


class Listening(Struct, frozen=True):
    """A server that agents can dial."""

    port: int


class Door:
    """Lets agents in."""

    def __init__(self, gateway: Gateway, verify: Verify, admission: Rate) -> None:
        self._gateway = gateway
        self._verify = verify
        self._admission = admission

    async def session(self, _: Any, context: "grpc.aio.ServicerContext[bytes, bytes]") -> None:
        """One stream, from the first byte to the last."""
        wire = _ServerStream(context)
        caller, hello = await self._meet(wire, context)
        # By itself: a first write that is broken off would take the headers with it, and no status could follow.
        await context.send_initial_metadata(())
        ending = await self._gateway.attend(wire, caller, hello, self._verify)
        reason = str(ending or "the agent ended the stream")
        if ending is None:
            log.logger().info("stream_ended", agent=caller.agent, tenant=caller.tenant, reason=reason)
            return
        code = _CODES.get(type(ending), grpc.StatusCode.UNAVAILABLE)
        self._note(code, reason, agent=caller.agent, tenant=caller.tenant)
        await context.abort(code, reason)

    async def _meet(
        self, wire: "_ServerStream", context: "grpc.aio.ServicerContext[bytes, bytes]"
    ) -> tuple[Caller, translate.Hello]:
        if self._gateway.is_draining:
            await self._refuse(context, grpc.StatusCode.UNAVAILABLE, "this gateway stops: connect to another")
        if self._admission.take() is None:
            await self._refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "too many agents at once: come later")
        try:
            caller = await self._verify(_token(context))
        except NotAccepted as error:
            await self._refuse(context, grpc.StatusCode.UNAUTHENTICATED, str(error))
        if not self._gateway.has_room(caller):
            await self._refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "this gateway has all streams it may")
        try:
            return caller, await _first(wire)
        except TimeoutError:
            await self._refuse(context, grpc.StatusCode.DEADLINE_EXCEEDED, f"no hello within {HELLO_SECONDS:g} s")
        except translate.Malformed as error:
            await self._refuse(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except Disagreed as error:
            await self._refuse(context, grpc.StatusCode.FAILED_PRECONDITION, str(error))

    async def _refuse(
        self, context: "grpc.aio.ServicerContext[bytes, bytes]", code: grpc.StatusCode, reason: str
    ) -> NoReturn:
        self._note(code, reason, peer=context.peer())
        await context.abort(code, reason)
        raise AssertionError("abort raises")

    def _note(self, code: grpc.StatusCode, reason: str, **who: str) -> None:
        self._gateway.refusals.note(code.name.lower(), reason, **who)


class _ServerStream:
    """See `Wire`."""

    def __init__(self, context: "grpc.aio.ServicerContext[bytes, bytes]") -> None:
        self._context = context

    async def read(self) -> bytes | None:
        piece: object = await self._context.read()
        return piece if isinstance(piece, bytes) else None

    async def write(self, piece: bytes) -> None:
        await self._context.write(piece)


@asynccontextmanager
async def listen(door: Door, address: str, credentials: grpc.ServerCredentials) -> AsyncIterator[Listening]:
    """Serve agents while entered."""
    server = grpc.aio.server(options=_OPTIONS)
    handler: Any = grpc.stream_stream_rpc_method_handler(door.session)
    service, _, method = translate.METHOD[1:].partition("/")
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_secure_port(address, credentials)
    await server.start()
    try:
        yield Listening(port)
    finally:
        await server.stop(0)


def _token(context: "grpc.aio.ServicerContext[bytes, bytes]") -> str:
    given = [value for name, value in context.invocation_metadata() or () if name == "authorization"]
    if len(given) != 1 or not isinstance(given[0], str):
        raise NotAccepted("exactly one authorization is expected")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAccepted("authorization: expected Bearer and a token")
    return token


async def _first(wire: _ServerStream) -> translate.Hello:
    async with asyncio.timeout(HELLO_SECONDS):
        piece = await wire.read()
    said = translate.read(piece or b"")
    if not isinstance(said, translate.Hello):
        raise Disagreed("the first frame of a stream is hello")
    return said
