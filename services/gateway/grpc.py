"""The server that agents dial: TLS, and each stream as pieces of bytes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import grpc
import grpc.aio

from libs.link.pulse import Silent
from libs.runtime import log
from libs.runtime.certificates import LOCAL, ensure_certificates
from libs.runtime.expiry import Pem, watched
from libs.runtime.process import Process
from services.gateway import translate
from services.gateway.attendance import Disagreed, NotAccepted
from services.gateway.certificate import tls
from services.gateway.door import REFUSALS, Door, Listening, NoRoom
from services.gateway.settings import Settings

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
    NoRoom: grpc.StatusCode.RESOURCE_EXHAUSTED,
}


class _Streams:
    """Every stream as gRPC has it, from the first byte to the last."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def serve(self, _: Any, context: "grpc.aio.ServicerContext[bytes, bytes]") -> None:
        wire = _ServerStream(context)
        try:
            caller, hello = await self._door.meet(wire, _authorizations(context))
        except REFUSALS as refusal:
            await self._abort(context, refusal, peer=context.peer())
        # By itself: a first write that is broken off would take the headers with it, and no status could follow.
        await context.send_initial_metadata(())
        ending = await self._door.attend(wire, caller, hello)
        if ending is None:
            reason = "the agent ended the stream"
            log.logger().info("stream_ended", agent=caller.agent, tenant=caller.tenant, reason=reason)
            return
        await self._abort(context, ending, agent=caller.agent, tenant=caller.tenant)

    async def _abort(
        self, context: "grpc.aio.ServicerContext[bytes, bytes]", ending: Exception, **who: str
    ) -> NoReturn:
        code = _CODES.get(type(ending), grpc.StatusCode.UNAVAILABLE)
        self._door.note(code.name.lower(), str(ending), **who)
        await context.abort(code, str(ending))
        raise AssertionError("abort raises")


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
async def listen(door: Door, settings: Settings, process: Process) -> AsyncIterator[Listening]:
    """See `Listen`."""
    server = grpc.aio.server(options=_OPTIONS)
    handler: Any = grpc.stream_stream_rpc_method_handler(_Streams(door).serve)
    service, _, method = translate.METHOD[1:].partition("/")
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    certificate, key = _certificate(settings, process)
    port = server.add_secure_port(settings.gateway_address, tls(certificate, key))
    await server.start()
    try:
        async with watched({"gateway": Pem(certificate, is_chain=True)}, process):
            yield Listening(port)
    finally:
        await server.stop(0)


def _certificate(settings: Settings, process: Process) -> tuple[Path, Path]:
    if settings.gateway_certificate is not None and settings.gateway_key is not None:
        return settings.gateway_certificate, settings.gateway_key
    names = (*LOCAL, *settings.gateway_names)
    made = ensure_certificates(settings.process.state_dir / "certificates", process.clock.now(), names)
    return made.certificate, made.key


def _authorizations(context: "grpc.aio.ServicerContext[bytes, bytes]") -> tuple[str, ...]:
    given = [value for name, value in context.invocation_metadata() or () if name == "authorization"]
    return tuple(value for value in given if isinstance(value, str))
