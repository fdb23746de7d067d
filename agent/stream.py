"""One stream to a gateway: hello, welcome, and then requests in and answers out until either side ends it."""

import asyncio
from contextlib import aclosing, suppress
from typing import Protocol

from msgspec import Struct

from agent import frames
from agent.work import Work
from libs.link.codec import problem_with
from libs.link.outbox import Outbox
from libs.link.pulse import Pulse
from libs.messages.agent import FRAME_BYTES, Ask, Control, Frame
from libs.runtime import log
from libs.runtime.clock import Clock

WELCOME_SECONDS = 10.0
_OUT_PIECES = 64
_OUT_BYTES = 4 * FRAME_BYTES
_OPEN_MOST = 4096


class Ended(Exception):
    """The stream is over; the message says why."""

    def __init__(self, reason: str, is_unauthenticated: bool = False) -> None:
        super().__init__(reason)
        self.is_unauthenticated = is_unauthenticated


class Introduction(Struct, frozen=True):
    """What this agent says of itself."""

    version: str
    process: str
    cluster: str = ""


class Wire(Protocol):
    """The stream as pieces of bytes. Each call raises `Ended` once there is no stream any more."""

    async def read(self) -> bytes: ...

    async def write(self, piece: bytes) -> None: ...

    async def finish(self) -> None:
        """Nothing more will be written."""
        ...


class Open(Struct):
    """A request under way on a stream."""

    task: asyncio.Task[None]
    credit: int
    patience_seconds: float
    is_watch: bool
    deadline: asyncio.Timeout | None = None
    granted: asyncio.Event | None = None


class Stream:
    """The requests of one stream."""

    def __init__(self, wire: Wire, work: Work, clock: Clock, left: asyncio.Event) -> None:
        self._left = left
        """Set when the gateway sends no new requests here any more."""
        self._idle = asyncio.Event()
        """Set while no answer is under way; watches, which never end by themselves, do not count."""
        self._idle.set()
        self._wire = wire
        self._work = work
        self._clock = clock
        self._outbox = Outbox(_OUT_PIECES, _OUT_BYTES)
        self._open: dict[int, Open] = {}

    async def meet(self, introduction: Introduction) -> frames.Welcomed:
        """Say hello and wait for welcome."""
        hello = frames.hello(introduction.version, introduction.process, self._work.verbs, introduction.cluster)
        try:
            async with asyncio.timeout(WELCOME_SECONDS):
                await self._wire.write(hello)
                said = frames.read(await self._wire.read())
        except TimeoutError:
            raise Ended(f"no welcome within {WELCOME_SECONDS:g} s: does something in between hold it back?") from None
        if not isinstance(said, frames.Welcomed):
            raise Ended("the gateway's first frame was not welcome")
        if not frames.MIN_PROTOCOL <= said.protocol <= frames.MAX_PROTOCOL:
            raise Ended(f"the gateway chose protocol {said.protocol}, which this agent does not speak")
        log.logger().info("stream_opened", gateway=said.gateway, protocol=said.protocol)
        return said

    async def run(self, welcome: frames.Welcomed) -> None:
        """Serve until the stream ends; raises `Ended` or `Silent` then."""
        pulse = Pulse(self._clock, welcome.rhythm)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write())
            group.create_task(pulse.beat(lambda seq: self._outbox.add_urgent(frames.ping(seq))))
            while True:
                piece = await self._wire.read()
                pulse.hear()
                self._hear(frames.read(piece), group)

    async def finish_when_left(self, within_seconds: float) -> None:
        """Once the gateway sends nothing new: answer what is open, and close."""
        await self._left.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._idle.wait()
        self._outbox.close()

    def leave(self, reason: str) -> None:
        """Ask the gateway to send no new requests here; it answers with the same word."""
        self._outbox.add(frames.goaway(reason))

    def renew(self, token: str) -> None:
        self._outbox.add(frames.renew(token))

    async def _write(self) -> None:
        while (piece := await self._outbox.next()) is not None:
            await self._wire.write(piece)
        await self._wire.finish()

    def _hear(self, said: frames.Said, group: asyncio.TaskGroup) -> None:
        match said:
            case frames.Asked(number, ask):
                self._begin(number, ask, group)
            case frames.Controlled(number, control):
                self._control(number, control)
            case frames.Pinged(seq):
                self._outbox.add_urgent(frames.pong(seq))
            case frames.Leave():
                self._left.set()
            case frames.Unknown(number):
                self._outbox.add(frames.unsupported(number))
            case frames.Misunderstood(reason):
                log.logger().warning("frame_misunderstood", reason=reason)
            case frames.Welcomed():
                raise frames.Malformed("a second welcome on one stream")

    def _begin(self, number: int, ask: Ask, group: asyncio.TaskGroup) -> None:
        if number == 0 or number in self._open:
            raise frames.Malformed(f"request {number} was asked already, or never could be")
        if problem := problem_with(ask):
            self._outbox.add(frames.answered(number, Frame(0, last=True, problem=f"refused: {problem}")))
        elif ask.verb == "ping":
            # Answered from here: it says how long the way is, not how busy the agent is.
            self._outbox.add(frames.answered(number, Frame(0, status=200, last=True)))
        elif len(self._open) >= _OPEN_MOST:
            self._outbox.add(frames.answered(number, Frame(0, last=True, problem=frames.BUSY)))
        else:
            task = group.create_task(self._answer(number, ask))
            self._open[number] = Open(task, ask.credit, ask.timeout_ms / 1000, ask.verb == "watch")
            if ask.verb != "watch":
                self._idle.clear()
            task.add_done_callback(lambda _: self._close(number))

    def _close(self, number: int) -> None:
        del self._open[number]
        if all(request.is_watch for request in self._open.values()):
            self._idle.set()

    def _control(self, number: int, control: Control) -> None:
        request = self._open.get(number)
        if request is None:
            return
        if control.cancel:
            request.task.cancel()
        request.credit += control.credit
        if request.granted is not None and control.credit:
            request.granted.set()
        if control.renew and request.deadline is not None:
            request.deadline.reschedule(asyncio.get_running_loop().time() + request.patience_seconds)

    async def _answer(self, number: int, ask: Ask) -> None:
        request = self._open[number]
        piece = frames.watched if ask.verb == "watch" else frames.answered
        try:
            async with (
                asyncio.timeout(ask.timeout_ms / 1000) as request.deadline,
                aclosing(self._work.answer(ask)) as answer,
            ):
                async for frame in answer:
                    await self._spend(request, frame)
                    await self._outbox.put(piece(number, frame))
        except TimeoutError:
            problem = "gone: the watch was not renewed" if ask.verb == "watch" else "timeout"
            self._outbox.add(frames.answered(number, Frame(0, last=True, problem=problem)))

    async def _spend(self, request: Open, frame: Frame) -> None:
        """Wait until the asker has granted this frame; the last one and heartbeats are free."""
        if frame.last or frame.heartbeat:
            return
        while request.credit <= 0:
            request.granted = asyncio.Event()
            await request.granted.wait()
        request.credit -= 1
