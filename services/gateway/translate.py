"""Between the frames of the stream and the messages of the bus. Protobuf is known here and nowhere else in services."""

import sys
from collections.abc import Callable

from google.protobuf.message import DecodeError, EncodeError
from msgspec import Struct

from libs.link.codec import fits_headers
from libs.link.pulse import Rhythm
from libs.messages.agent import FRAME_BYTES, Ask, Frame
from proto.agent.v1.agent_pb2 import (
    AgentFrame,
    Cancel,
    Credit,
    GatewayFrame,
    GoAway,
    Ping,
    Pong,
    Request,
    Unsupported,
    Welcome,
)

METHOD = "/fairlead.agent.v1.Gateway/Session"
MIN_PROTOCOL = 1
MAX_PROTOCOL = 1
BUSY = "busy"

_NAME_MOST = 128
_PROBLEM_MOST = 1024
_TOKEN_MOST = 16 * 1024
_VERBS_MOST = 32


class Malformed(Exception):
    """These bytes are not a frame, or one that is larger than is allowed; the stream ends."""


class Hello(Struct, frozen=True):
    """How an agent begins. Its identity is not in here: that comes from its token."""

    min_protocol: int
    max_protocol: int
    version: str
    process: str
    verbs: tuple[str, ...]
    cluster: str


class Answered(Struct, frozen=True):
    """A piece of an answer."""

    request: int
    frame: Frame


class Pinged(Struct, frozen=True):
    seq: int


class Ponged(Struct, frozen=True):
    seq: int


class Leaving(Struct, frozen=True):
    """The agent wants no new requests on this stream."""

    reason: str


class Misunderstood(Struct, frozen=True):
    """The agent does not know a frame that it was sent."""

    request: int
    reason: str


class Renewed(Struct, frozen=True):
    token: str


class Unknown(Struct, frozen=True):
    """A frame that this release does not know."""

    request: int


Said = Hello | Answered | Pinged | Ponged | Leaving | Misunderstood | Renewed | Unknown


def read(piece: bytes) -> Said:
    """What an agent says."""
    try:
        outer = AgentFrame.FromString(piece)
    except DecodeError as error:
        raise Malformed(f"not a frame of an agent: {error}") from error
    kind = outer.WhichOneof("frame")
    reader = _READERS.get(kind) if kind else None
    return reader(outer) if reader else Unknown(outer.request)


def _hello(outer: AgentFrame) -> Said:
    hello = outer.hello
    if len(hello.verbs) > _VERBS_MOST or any(len(verb) > _NAME_MOST for verb in hello.verbs):
        raise Malformed("hello names too many verbs")
    if max(len(hello.version), len(hello.process), len(hello.cluster)) > _NAME_MOST:
        raise Malformed(f"a name in hello is longer than {_NAME_MOST} characters")
    if not hello.process or not (hello.version + hello.process + hello.cluster).isprintable():
        raise Malformed("hello does not say which process it is from, or a name in it cannot be shown")
    # Thousands of agents know the same verbs.
    verbs = tuple(sys.intern(verb) for verb in hello.verbs)
    return Hello(hello.min_protocol, hello.max_protocol, hello.version, hello.process, verbs, hello.cluster)


def _response(outer: AgentFrame) -> Said:
    piece = outer.response
    if len(piece.body) > FRAME_BYTES:
        raise Malformed(f"a piece of an answer is larger than {FRAME_BYTES} bytes")
    headers = dict(piece.headers) if piece.headers else {}
    if len(piece.problem) > _PROBLEM_MOST or not fits_headers(headers):
        raise Malformed("the headers or the problem of an answer are too long")
    return Answered(
        outer.request,
        Frame(piece.seq, piece.status, headers, piece.body, piece.last or bool(piece.problem), piece.problem),
    )


def _event(outer: AgentFrame) -> Said:
    event = outer.event
    if len(event.body) > FRAME_BYTES:
        raise Malformed(f"a piece of a watch is larger than {FRAME_BYTES} bytes")
    return Answered(outer.request, Frame(event.seq, body=event.body, heartbeat=event.heartbeat))


def _renew(outer: AgentFrame) -> Said:
    if len(outer.renew.token) > _TOKEN_MOST:
        raise Malformed(f"a token is longer than {_TOKEN_MOST} characters")
    return Renewed(outer.renew.token)


_READERS: dict[str, Callable[[AgentFrame], Said]] = {
    "hello": _hello,
    "response": _response,
    "event": _event,
    "busy": lambda outer: Answered(outer.request, Frame(0, last=True, problem=BUSY)),
    "ping": lambda outer: Pinged(outer.ping.seq),
    "pong": lambda outer: Ponged(outer.pong.seq),
    "goaway": lambda outer: Leaving(outer.goaway.reason[:_PROBLEM_MOST]),
    "unsupported": lambda outer: Misunderstood(outer.request, outer.unsupported.reason[:_PROBLEM_MOST]),
    "renew": _renew,
}


def welcome(protocol: int, gateway: str, rhythm: Rhythm) -> bytes:
    inner = Welcome(
        protocol=protocol,
        gateway=gateway,
        ping_ms=round(rhythm.ping_seconds * 1000),
        dead_ms=round(rhythm.dead_seconds * 1000),
    )
    return GatewayFrame(welcome=inner).SerializeToString()


def asked(number: int, ask: Ask) -> bytes:
    """The ask as a frame; `Malformed` where it holds what the wire cannot carry."""
    try:
        inner = Request(
            verb=ask.verb,
            timeout_ms=ask.timeout_ms,
            method=ask.method,
            path=ask.path,
            headers=ask.headers,
            body=ask.body,
            credit=ask.credit,
            fence_target=ask.fence_target,
            fence_epoch=ask.fence_epoch,
            traceparent=ask.traceparent,
        )
        return GatewayFrame(request=number, ask=inner).SerializeToString()
    except (EncodeError, ValueError, TypeError) as error:
        raise Malformed(f"an ask that cannot be sent: {error}") from error


def cancelled(number: int) -> bytes:
    return GatewayFrame(request=number, cancel=Cancel()).SerializeToString()


def granted(number: int, frames: int, renew: bool) -> bytes:
    return GatewayFrame(request=number, credit=Credit(frames=frames, renew=renew)).SerializeToString()


def ping(seq: int) -> bytes:
    return GatewayFrame(ping=Ping(seq=seq)).SerializeToString()


def pong(seq: int) -> bytes:
    return GatewayFrame(pong=Pong(seq=seq)).SerializeToString()


def goaway(reason: str, within_seconds: float) -> bytes:
    return GatewayFrame(goaway=GoAway(reason=reason, within_ms=round(within_seconds * 1000))).SerializeToString()


def unsupported(number: int) -> bytes:
    inner = Unsupported(reason="this gateway does not know the frame")
    return GatewayFrame(request=number, unsupported=inner).SerializeToString()
