"""One agent's stream while it lasts: heard, written, kept alive, and asked through the queue group of its agent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Protocol

from libs.durable.ports import Bus, Packet, Unavailable
from libs.link.pulse import Silent
from libs.messages.agent import Frame, request_subject
from libs.runtime.clock import Clock
from services.gateway import translate
from services.gateway.connections import Presence
from services.gateway.session import Caller, Session

QUEUE = "gateways"
EXPIRED_SECONDS = 30.0
"""How long a stream may outlive its token: clocks differ, and a renewal may be on its way."""
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


ENDINGS = (Silent, translate.Malformed, Disagreed, NotAccepted, Unavailable, ConnectionError)


class Attendance:
    """Everything that is done for one stream at once; the first thing to end ends all."""

    def __init__(self, session: Session, wire: Wire, verify: Verify, bus: Bus, clock: Clock) -> None:
        self._session = session
        self._wire = wire
        self._verify = verify
        self._bus = bus
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, welcome: bytes, presence: Presence) -> Exception | None:
        """Serve the stream until it ends; why it did, or None where the agent just ended it."""
        endings: list[Exception] = []
        try:
            async with asyncio.TaskGroup() as group:
                # Few of them: with thousands of streams each one counts.
                asking = self._session.asking = group.create_task(self._take_asks(group, welcome, presence))
                self._tasks += asking, group.create_task(self._write())
                await self._hear()
                for task in self._tasks:
                    task.cancel()
        except* ENDINGS as ended:
            endings = list(ended.exceptions)
        return endings[0] if endings else None

    async def _take_asks(self, group: asyncio.TaskGroup, welcome: bytes, presence: Presence) -> None:
        """Stand in the queue group of this agent; welcomed and announced only once the server knows of it.

        Asks that had come when the stream was left are turned away, so that nobody waits for them.
        """
        session, unread = self._session, None
        subject = request_subject(session.caller.tenant, session.caller.agent)
        try:
            async with self._bus.subscribe(subject, queue=QUEUE, pending=_UNREAD_MOST) as unread:
                session.outbox.add(welcome)
                self._tasks.append(group.create_task(session.pulse.beat(self._ping)))
                await presence.joined(session)
                async for packet in unread:
                    await session.ask(packet)
                    self._check_read()
        finally:
            if unread is not None:
                await _turn_away(session, unread)

    async def _hear(self) -> None:
        session = self._session
        while (piece := await self._wire.read()) is not None:
            session.pulse.hear()
            said = translate.read(piece)
            if isinstance(said, translate.Answered):
                await session.answer(said.request, said.frame)
            elif isinstance(said, translate.Renewed):
                await self._renew(said.token)
            else:
                await _note(session, said)

    async def _renew(self, token: str) -> None:
        caller = await self._verify(token)
        if caller.name != self._session.caller.name:
            raise NotAccepted("the renewed token is for another agent")
        self._session.caller = caller

    async def _write(self) -> None:
        while (piece := await self._session.outbox.next()) is not None:
            await self._wire.write(piece)

    def _ping(self, seq: int) -> None:
        """With every heartbeat: end a stream whose token ran out and was not renewed, or that is not read."""
        expired = self._clock.now() - self._session.caller.expires
        if expired.total_seconds() >= EXPIRED_SECONDS:
            raise NotAccepted("the agent's token has expired and was not renewed")
        self._check_read()
        self._session.outbox.add_urgent(translate.ping(seq))

    def _check_read(self) -> None:
        if self._session.outbox.has_overflowed:
            raise Disagreed("the agent does not read what it is sent")


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


async def _turn_away(session: Session, packets: AsyncIterator[Packet]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEFTOVER_SECONDS):
            async for packet in packets:
                await session.turn_away(packet)
