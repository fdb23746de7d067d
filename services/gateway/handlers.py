"""What the gateway does with an agent's stream and with each message of the bus."""

import asyncio
from contextlib import suppress
from itertools import count

from libs.durable.ports import Bus, Packet
from libs.link.codec import Unreadable, decode_control
from libs.runtime.process import Process
from services.gateway import translate
from services.gateway.attendance import Attendance, Disagreed, Verify, Wire
from services.gateway.connections import Presence
from services.gateway.refusals import Refusals
from services.gateway.session import Caller, Place, Session
from services.gateway.settings import Settings

SWEEP_SECONDS = 1.0


class Gateway:
    """The streams of one process."""

    def __init__(self, name: str, settings: Settings, bus: Bus, presence: Presence, process: Process) -> None:
        self.name = name
        self._settings = settings
        self._bus = bus
        self._presence = presence
        self._clock = process.clock
        self.refusals = Refusals(process.metrics.registry)
        self._sessions: dict[str, Session] = {}
        self._replicas: dict[tuple[str, str], set[Session]] = {}
        """The streams of each agent."""
        self._names = count(1)
        self.is_draining = False
        """No stream is taken any more: agents that are sent away must not come back here."""

    @property
    def streams(self) -> int:
        return len(self._sessions)

    def has_room(self, caller: Caller) -> bool:
        """Whether one more stream of this agent may open."""
        own = len(self._replicas.get(caller.name, ()))
        return len(self._sessions) < self._settings.gateway_streams and own < self._settings.gateway_agent_streams

    async def attend(self, wire: Wire, caller: Caller, hello: translate.Hello, verify: Verify) -> Exception | None:
        """Serve one stream until it ends; why it did, or None where the agent just ended it."""
        place = Place(self.name, str(next(self._names)), self._settings.rhythm, self.refusals)
        session = Session(place, caller, hello, self._bus, self._clock)
        self._sessions[session.name] = session
        self._replicas.setdefault(caller.name, set()).add(session)
        reason = "the gateway ended the stream"
        try:
            ending = await self._serve(session, wire, verify)
            reason = str(ending or "the agent ended the stream")
            return ending
        finally:
            self._forget(session)
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
            self.refusals.note("control", str(error), subject=packet.subject)

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
                    await session.finished()

    async def _serve(self, session: Session, wire: Wire, verify: Verify) -> Exception | None:
        try:
            _check_cluster(session.hello, self._replicas[session.caller.name])
            welcome = translate.welcome(_agreed(session.hello), self.name, self._settings.rhythm)
        except Disagreed as refusal:
            return refusal
        return await Attendance(session, wire, verify, self._bus, self._clock).run(welcome, self._presence)

    def _forget(self, session: Session) -> None:
        del self._sessions[session.name]
        replicas = self._replicas[session.caller.name]
        replicas.discard(session)
        if not replicas:
            del self._replicas[session.caller.name]

    def _retire(self, session: Session) -> None:
        age = self._clock.monotonic() - session.opened_at
        # Spread, so that agents that came together do not leave together.
        most = self._settings.gateway_stream_seconds * (0.9 + 0.2 * (int(session.name) * 37 % 100) / 100)
        if age > most and not session.is_leaving:
            session.leave("this stream is old: connect again", self._settings.gateway_drain_seconds)


def _check_cluster(hello: translate.Hello, others: set[Session]) -> None:
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
