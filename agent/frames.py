"""Between the frames of the stream and what the agent works with. Protobuf is known only here."""

from google.protobuf.message import DecodeError
from msgspec import Struct

from libs.link.pulse import Rhythm
from libs.messages.agent import Ask, Control, Frame
from proto.agent.v1.agent_pb2 import (
    AgentFrame,
    Busy,
    Event,
    GatewayFrame,
    GoAway,
    Hello,
    Ping,
    Pong,
    Renew,
    Request,
    Response,
    Unsupported,
    Welcome,
)

METHOD = "/fairlead.agent.v1.Gateway/Session"
MIN_PROTOCOL = 1
MAX_PROTOCOL = 1
BUSY = "busy"
NAME_MOST = 128
REASON_MOST = 1024


SHORTEST_PING_MS = 50
LONGEST_SILENCE_MS = 10 * 60 * 1000


class Malformed(Exception):
    """These bytes are not a frame, or one that no gateway sends; the stream ends."""


class Welcomed(Struct, frozen=True):
    """How the gateway begins."""

    protocol: int
    gateway: str
    rhythm: Rhythm


class Asked(Struct, frozen=True):
    request: int
    ask: Ask


class Controlled(Struct, frozen=True):
    """Credit, renewal or cancellation of a request."""

    request: int
    control: Control


class Pinged(Struct, frozen=True):
    seq: int


class Ponged(Struct, frozen=True):
    seq: int


class Leave(Struct, frozen=True):
    """The gateway wants the agent to connect elsewhere."""

    reason: str
    within_seconds: float


class Misunderstood(Struct, frozen=True):
    """The gateway does not know a frame that it was sent."""

    reason: str


class Unknown(Struct, frozen=True):
    """A frame that this release does not know."""

    request: int


Said = Welcomed | Asked | Controlled | Pinged | Ponged | Leave | Misunderstood | Unknown


def read(piece: bytes) -> Said:
    """What the gateway says."""
    try:
        outer = GatewayFrame.FromString(piece)
    except DecodeError as error:
        raise Malformed(f"not a frame of a gateway: {error}") from error
    match outer.WhichOneof("frame"):
        case "ask":
            return Asked(outer.request, _ask(outer.ask))
        case "credit":
            return Controlled(outer.request, Control(credit=outer.credit.frames, renew=outer.credit.renew))
        case "cancel":
            return Controlled(outer.request, Control(cancel=True))
        case _:
            return _about_stream(outer)


def _about_stream(outer: GatewayFrame) -> Said:
    match outer.WhichOneof("frame"):
        case "ping":
            return Pinged(outer.ping.seq)
        case "pong":
            return Ponged(outer.pong.seq)
        case "goaway":
            return Leave(outer.goaway.reason[:REASON_MOST], outer.goaway.within_ms / 1000)
        case "welcome":
            return Welcomed(outer.welcome.protocol, outer.welcome.gateway[:NAME_MOST], _rhythm(outer.welcome))
        case "unsupported":
            return Misunderstood(outer.unsupported.reason[:REASON_MOST])
        case _:
            return Unknown(outer.request)


def _rhythm(welcome: Welcome) -> Rhythm:
    """A gateway that wants no pause between two pings would keep the agent from everything else."""
    if not SHORTEST_PING_MS <= welcome.ping_ms < welcome.dead_ms <= LONGEST_SILENCE_MS:
        raise Malformed(f"no rhythm: a ping every {welcome.ping_ms} ms, dead after {welcome.dead_ms} ms")
    return Rhythm(welcome.ping_ms / 1000, welcome.dead_ms / 1000)


def _ask(inner: Request) -> Ask:
    return Ask(
        inner.verb,
        inner.timeout_ms,
        inner.method,
        inner.path,
        dict(inner.headers) if inner.headers else {},
        inner.body,
        inner.credit,
        inner.fence_target,
        inner.fence_epoch,
        inner.traceparent,
    )


def hello(version: str, process: str, verbs: tuple[str, ...], cluster: str) -> bytes:
    inner = Hello(
        min_protocol=MIN_PROTOCOL,
        max_protocol=MAX_PROTOCOL,
        version=version,
        process=process,
        verbs=verbs,
        cluster=cluster,
    )
    return AgentFrame(hello=inner).SerializeToString()


def answered(number: int, frame: Frame) -> bytes:
    """A piece of an answer."""
    if frame.problem == BUSY:
        return AgentFrame(request=number, busy=Busy()).SerializeToString()
    inner = Response(
        seq=frame.seq,
        status=frame.status,
        headers=frame.headers,
        body=frame.body,
        last=frame.last,
        problem=frame.problem,
    )
    return AgentFrame(request=number, response=inner).SerializeToString()


def watched(number: int, frame: Frame) -> bytes:
    """A piece of a watch; what opens or ends it is a response."""
    if frame.status or frame.last:
        return answered(number, frame)
    inner = Event(seq=frame.seq, body=frame.body, heartbeat=frame.heartbeat)
    return AgentFrame(request=number, event=inner).SerializeToString()


def ping(seq: int) -> bytes:
    return AgentFrame(ping=Ping(seq=seq)).SerializeToString()


def pong(seq: int) -> bytes:
    return AgentFrame(pong=Pong(seq=seq)).SerializeToString()


def goaway(reason: str) -> bytes:
    return AgentFrame(goaway=GoAway(reason=reason)).SerializeToString()


def renew(token: str) -> bytes:
    return AgentFrame(renew=Renew(token=token)).SerializeToString()


def unsupported(number: int) -> bytes:
    inner = Unsupported(reason="this agent's release does not know the frame")
    return AgentFrame(request=number, unsupported=inner).SerializeToString()
