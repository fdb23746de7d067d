"""One agent's stream as the gateway sees it: what was asked on it, what is still open, and how each request ends."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from libs.durable.ports import Bus, Packet, Unavailable
from libs.link.codec import CREDIT_MOST, Unreadable, decode_ask, encode
from libs.link.outbox import Outbox
from libs.link.pulse import Pulse, Rhythm
from libs.messages.agent import Ask, Control, Frame, control_subject
from libs.runtime.clock import Clock
from services.gateway import translate
from services.gateway.refusals import Refusals

WAITING_MOST = 64
WAITING_BYTES = 256 * 1024
"""What may wait to be written to one agent; beyond it an asker is told `busy`."""
OPEN_MOST = 1024
RENEWED_WITHIN_SECONDS = 30.0
OVERDUE_SECONDS = 2.0
"""How much later than its deadline a request is given up here: the agent, which says why, goes first."""


class Caller(Struct, frozen=True):
    """Whose stream it is, by the token that was verified."""

    tenant: str
    agent: str
    expires: datetime

    @property
    def name(self) -> tuple[str, str]:
        return self.tenant, self.agent


class Place(Struct, frozen=True):
    """Where a stream is: on which gateway, by which name, and how both ends keep it alive."""

    gateway: str
    session: str
    rhythm: Rhythm
    refusals: Refusals | None = None


class Open(Struct):
    """A request that has no last frame yet."""

    reply: str
    until: float
    is_watch: bool
    credit: int
    next_seq: int = 0


class Session:
    """The requests on one stream. `name` tells it from every other stream of this gateway."""

    def __init__(self, place: Place, caller: Caller, hello: translate.Hello, bus: Bus, clock: Clock) -> None:
        self.name = place.session
        self.caller = caller
        self.hello = hello
        self.opened_at = clock.monotonic()
        self.outbox = Outbox(WAITING_MOST, WAITING_BYTES)
        self.asking: asyncio.Task[None] | None = None
        """Takes requests for this stream from the queue group."""
        self.pulse = Pulse(clock, place.rhythm)
        self._place = place
        self._bus = bus
        self._clock = clock
        self._open: dict[int, Open] = {}
        self._emptied: asyncio.Future[None] | None = None
        self._last_number = 0

    @property
    def is_leaving(self) -> bool:
        return self.asking is None or self.asking.done() or self.asking.cancelling() > 0

    @property
    def is_idle(self) -> bool:
        return not self._open

    async def finished(self) -> None:
        """Return once no request is open any more."""
        while self._open:
            self._emptied = asyncio.get_running_loop().create_future()
            await self._emptied

    def leave(self, reason: str, within_seconds: float) -> None:
        """Take no more requests from the queue group, and say so: nothing new follows this frame."""
        if self.asking is not None and self.asking.cancel():
            self.outbox.add(translate.goaway(reason, within_seconds))

    async def ask(self, packet: Packet) -> None:
        """Pass a request on to the agent, or say at once why not."""
        try:
            ask = decode_ask(packet.data)
            problem = self._hindrance(ask)
            if not problem:
                self._forward(ask, packet.reply)
                return
        except (Unreadable, translate.Malformed) as error:
            problem = f"refused: {error}"
            self._note("ask", str(error))
        await self._end_with(packet.reply, 0, problem)

    async def turn_away(self, packet: Packet) -> None:
        """A request that came too late for this stream."""
        await self._end_with(packet.reply, 0, "away")

    def _hindrance(self, ask: Ask) -> str:
        if ask.verb not in self.hello.verbs:
            return f"refused: the agent's release ({self.hello.version}) does not know the verb {ask.verb[:64]!r}"
        if self.outbox.is_full or len(self._open) >= OPEN_MOST:
            return translate.BUSY
        return ""

    def _forward(self, ask: Ask, reply: str) -> None:
        number = self._last_number + 1
        piece = translate.asked(number, ask)
        self._last_number = number
        is_watch = ask.verb == "watch"
        patience = RENEWED_WITHIN_SECONDS if is_watch else ask.timeout_ms / 1000 + OVERDUE_SECONDS
        self._open[number] = Open(reply, self._clock.monotonic() + patience, is_watch, ask.credit)
        self.outbox.add(piece, number)

    def control(self, number: int, control: Control) -> None:
        """Credit, renewal or cancellation by the asker."""
        request = self._open.get(number)
        if request is None:
            return
        if control.cancel:
            self._close(number)
            self.outbox.add(translate.cancelled(number))
            return
        if control.renew and request.is_watch:
            request.until = self._clock.monotonic() + RENEWED_WITHIN_SECONDS
        frames = min(max(control.credit, 0), CREDIT_MOST - max(request.credit, 0))
        request.credit += frames
        self.outbox.add(translate.granted(number, frames, control.renew))

    async def answer(self, number: int, frame: Frame) -> None:
        """Pass a piece of an answer on to the asker."""
        request = self._open.get(number)
        if request is None:
            return  # late: the request was cancelled or given up
        if frame.seq != request.next_seq and not frame.problem:
            await self._refuse(number, "the agent left out a piece of its answer")
            return
        request.credit -= not frame.heartbeat and not frame.last
        if request.credit < 0:
            await self._refuse(number, "the agent sent more than was asked for")
            return
        if frame.seq == 0 and not frame.last:
            frame = replace(frame, control=control_subject(self._place.gateway, f"{self.name}-{number}"))
        if frame.problem:
            frame = replace(frame, seq=request.next_seq)
        request.next_seq += 1
        if frame.last:
            self._close(number)
        await self._reply(request.reply, frame)

    async def sweep(self) -> None:
        """Give up what nobody waits for any more."""
        now = self._clock.monotonic()
        overdue = [(number, request) for number, request in self._open.items() if request.until <= now]
        gone = "gone: the watch was not renewed"
        await self._give_up({number: gone if request.is_watch else "timeout" for number, request in overdue})

    async def end_watches(self, reason: str) -> None:
        """Their askers begin them again, on another stream."""
        await self._give_up({number: f"gone: {reason}" for number, request in self._open.items() if request.is_watch})

    async def end(self, reason: str) -> None:
        """The stream has ended: what never left is `away`; what did may have happened."""
        unsent = self.outbox.unsent()
        remaining, self._open = self._open, {}
        self._tell_emptied()
        for number, request in remaining.items():
            problem = "away" if number in unsent else f"gone: {reason}"
            await self._end_with(request.reply, request.next_seq, problem)

    async def _refuse(self, number: int, reason: str) -> None:
        self._note("answer", reason)
        await self._give_up({number: f"gone: {reason}"})

    def _note(self, what: str, reason: str) -> None:
        if self._place.refusals is not None:
            self._place.refusals.note(what, reason, tenant=self.caller.tenant, agent=self.caller.agent)

    async def _give_up(self, problems: Mapping[int, str]) -> None:
        """All of them are closed before anybody is told: meanwhile the agent may answer one."""
        closed = [(self._close(number), problem) for number, problem in problems.items()]
        for number in problems:
            self.outbox.add(translate.cancelled(number))
        for request, problem in closed:
            await self._end_with(request.reply, request.next_seq, problem)

    def _close(self, number: int) -> Open:
        request = self._open.pop(number)
        if not self._open:
            self._tell_emptied()
        return request

    def _tell_emptied(self) -> None:
        if self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)

    async def _end_with(self, reply: str, seq: int, problem: str) -> None:
        if reply:
            await self._reply(reply, Frame(seq, last=True, problem=problem))

    async def _reply(self, reply: str, frame: Frame) -> None:
        # Without the bus the asker hears nothing and takes the answer for lost: nothing is kept to be said later.
        with suppress(Unavailable):
            await self._bus.publish(reply, encode(frame))
