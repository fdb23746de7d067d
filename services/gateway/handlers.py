"""What the gateway does with an agent's stream and with each message of the bus."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Protocol

from libs.durable.ports import Bus, Packet, Unavailable
from libs.link.codec import Unreadable, decode_control
from libs.link.pulse import Silent
from libs.messages.agent import Frame, request_subject
from libs.runtime import log
from libs.runtime.process import Process
from services.gateway import translate
from services.gateway.connections import Presence
from services.gateway.session import Caller, Place, Session
from services.gateway.settings import Settings

QUEUE = "gateways"
EXPIRED_SECONDS = 30.0
"""How long a stream may outlive its token: clocks differ, and a renewal may be on its way."""
SWEEP_SECONDS = 1.0
_UNREAD_MOST = 1024
_LEFTOVER_SECONDS = 0.01


class Wire(Protocol):
    """The stream itself."""

    async def read(self) -> bytes | None:
        """What the agent sent next; None when it has ended the stream."""
        ...

    async def write(self, piece: bytes) -> None: ...


class Verify(Protocol):
    """Who a token is for; raises `NotAccepted`."""

    async def __call__(self, token: str) -> Caller: ...


class NotAccepted(Exception):
    """The caller's token is missing, wrong or not an agent's."""


class Disagreed(Exception):
    """The agent said what it may not; the stream ends."""


_ENDINGS = (Silent, translate.Malformed, Disagreed, NotAccepted, Unavailable, ConnectionError)


class Gateway:
    """The streams of one process."""

    def __init__(self, name: str, settings: Settings, bus: Bus, presence: Presence, process: Process) -> None:
        self.name = name
        self._settings = settings
        self._bus = bus
        self._presence = presence
        self._clock = process.clock
        self._random = process.random
        self._sessions: dict[str, Session] = {}
        self._names = count(1)
        self.is_draining = False
        """No stream is taken any more: agents that are sent away must not come back here."""

    @property
    def streams(self) -> int:
        return len(self._sessions)

    def has_room(self, caller: Caller) -> bool:
        """Whether one more stream of this agent may open."""
        own = len(self._streams_of(caller))
        return len(self._sessions) < self._settings.gateway_streams and own < self._settings.gateway_agent_streams

    async def attend(self, wire: Wire, caller: Caller, hello: translate.Hello, verify: Verify) -> Exception | None:
        """Serve one stream until it ends; why it did, or None where the agent just ended it."""
        place = Place(self.name, str(next(self._names)), self._settings.rhythm)
        session = Session(place, caller, hello, self._bus, self._clock)
        self._sessions[session.name] = session
        reason = "the gateway ended the stream"
        try:
            ending = await self._live(session, wire, verify)
            reason = str(ending or "the agent ended the stream")
            return ending
        finally:
            del self._sessions[session.name]
            self._presence.left(session, reason)
            await session.end(reason)

    def controlled(self, packet: Packet) -> None:
        """What an asker says about a request under way, by the last token of the subject."""
        name, _, number = packet.subject.rpartition(".")[2].partition("-")
        session = self._sessions.get(name)
        if session is None or not number.isdecimal():
            return
        try:
            session.control(int(number), decode_control(packet.data))
        except Unreadable as error:
            log.logger().warning("control_unreadable", subject=packet.subject, error=str(error))

    async def sweep(self) -> None:
        """Every second: give up what is overdue, and send away streams that are too old."""
        while True:
            await self._clock.sleep(SWEEP_SECONDS)
            for session in list(self._sessions.values()):
                await session.sweep()
                self._retire(session)

    async def drain(self) -> None:
        """Send every agent to another gateway and wait for what is under way."""
        self.is_draining = True
        seconds = self._settings.gateway_drain_seconds
        sessions = list(self._sessions.values())
        for session in sessions:
            session.leave("this gateway stops", seconds)
            await session.end_watches("the gateway stops")
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for session in sessions:
                    await session.idle.wait()

    def _streams_of(self, caller: Caller) -> list[Session]:
        return [session for session in self._sessions.values() if _is_of(session, caller)]

    def _retire(self, session: Session) -> None:
        age = self._clock.monotonic() - session.opened_at
        # Spread, so that agents that came together do not leave together.
        most = self._settings.gateway_stream_seconds * (0.9 + 0.2 * int(session.name) % 100 / 100)
        if age > most and not session.is_leaving:
            session.leave("this stream is old: connect again", self._settings.gateway_drain_seconds)

    async def _live(self, session: Session, wire: Wire, verify: Verify) -> Exception | None:
        endings: list[Exception] = []
        try:
            async with asyncio.TaskGroup() as group:
                session.asking = group.create_task(self._take_asks(session, self._welcome(session)))
                others = [group.create_task(task) for task in self._attendants(session, wire)]
                await self._hear(session, wire, verify)
                for task in (session.asking, *others):
                    task.cancel()
        except* _ENDINGS as ended:
            endings = list(ended.exceptions)
        return endings[0] if endings else None

    def _attendants(self, session: Session, wire: Wire) -> list[Coroutine[None, None, None]]:
        return [
            _write(session, wire),
            _beat(session),
            self._expire(session),
            _overflow(session),
        ]

    def _welcome(self, session: Session) -> bytes:
        _check_cluster(session.hello, self._streams_of(session.caller))
        return translate.welcome(_agreed(session.hello), self.name, self._settings.rhythm)

    async def _take_asks(self, session: Session, welcome: bytes) -> None:
        """Stand in the queue group of this agent; welcomed and announced only once the server knows of it."""
        async with self._asks(session) as packets:
            session.outbox.add(welcome)
            session.welcomed.set()
            await self._presence.joined(session)
            async for packet in packets:
                await session.ask(packet)

    @asynccontextmanager
    async def _asks(self, session: Session) -> AsyncIterator[AsyncIterator[Packet]]:
        """Asks for this stream; those that had come when it was left are turned away, so that nobody waits for them."""
        subject = request_subject(session.caller.tenant, session.caller.agent)
        unread: list[AsyncIterator[Packet]] = []
        try:
            async with self._bus.subscribe(subject, queue=QUEUE, pending=_UNREAD_MOST) as packets:
                unread.append(packets)
                yield packets
        finally:
            for packets in unread:
                await _turn_away(session, packets)

    async def _expire(self, session: Session) -> None:
        """End a stream whose token ran out and was not renewed."""
        while (left := self._lifetime(session)) > 0:
            await self._clock.sleep(left)
        raise NotAccepted("the agent's token has expired and was not renewed")

    def _lifetime(self, session: Session) -> float:
        return (session.caller.expires - self._clock.now()).total_seconds() + EXPIRED_SECONDS

    async def _hear(self, session: Session, wire: Wire, verify: Verify) -> None:
        while (piece := await wire.read()) is not None:
            session.pulse.hear()
            said = translate.read(piece)
            if isinstance(said, translate.Answered):
                await session.answer(said.request, said.frame)
            elif isinstance(said, translate.Renewed):
                await _renew(session, said.token, verify)
            else:
                await _note(session, said)


async def _note(session: Session, said: translate.Said) -> None:
    match said:
        case translate.Pinged(seq):
            session.outbox.add_urgent(translate.pong(seq))
        case translate.Leaving():
            session.leave("as the agent asked", 0)
        case translate.Misunderstood(request, reason):
            await session.answer(request, Frame(0, last=True, problem=f"refused: {reason}"))
        case translate.Hello():
            raise Disagreed("a second hello on one stream")
        case translate.Unknown(request):
            session.outbox.add(translate.unsupported(request))


async def _renew(session: Session, token: str, verify: Verify) -> None:
    caller = await verify(token)
    if not _is_of(session, caller):
        raise NotAccepted("the renewed token is for another agent")
    session.caller = caller


async def _write(session: Session, wire: Wire) -> None:
    while (piece := await session.outbox.next()) is not None:
        await wire.write(piece)


async def _turn_away(session: Session, packets: AsyncIterator[Packet]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEFTOVER_SECONDS):
            async for packet in packets:
                await session.turn_away(packet)


async def _beat(session: Session) -> None:
    await session.welcomed.wait()
    await session.pulse.beat(lambda seq: session.outbox.add_urgent(translate.ping(seq)))


async def _overflow(session: Session) -> None:
    await session.outbox.overflowed.wait()
    raise Disagreed("the agent does not read what it is sent")


def _check_cluster(hello: translate.Hello, others: list[Session]) -> None:
    """Replicas serve one cluster. Credentials that were copied to another would have requests go to either."""
    clusters = {other.hello.cluster for other in others if other.hello.cluster}
    if hello.cluster and clusters - {hello.cluster}:
        raise Disagreed("an agent of this name serves another cluster: give each its own credentials")


def _agreed(hello: translate.Hello) -> int:
    """The newest protocol that both sides speak."""
    newest = min(hello.max_protocol, translate.MAX_PROTOCOL)
    if newest < max(hello.min_protocol, translate.MIN_PROTOCOL):
        spoken = f"{translate.MIN_PROTOCOL} to {translate.MAX_PROTOCOL}"
        raise Disagreed(
            f"this gateway speaks protocol {spoken}, the agent {hello.min_protocol} to {hello.max_protocol}"
        )
    return newest


def _is_of(session: Session, caller: Caller) -> bool:
    return (session.caller.tenant, session.caller.agent) == (caller.tenant, caller.agent)
