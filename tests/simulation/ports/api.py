"""An agent's way to its cluster's API and to what is near it, in the place of HTTP: slow, refusing, breaking off."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager

from msgspec import Struct

from libs.link.port import Lost, Unreachable
from libs.messages.agent import FRAME_BYTES, Ask, Frame
from tests.simulation.ports.link import LATE_SECONDS, STALL_SECONDS, status
from tests.simulation.ports.process import Process

LONG_BYTES = 3 * FRAME_BYTES + 100
"""How long an answer is made now and then, so that it takes several frames."""
PATIENCE_MS = 600_000

Answers = Callable[[Ask], AsyncGenerator[Frame, None]]
"""What is there answers, as frames; `unreachable` is the one problem."""
Begin = Callable[[Coroutine[None, None, None]], None]
"""Run it, whatever becomes of the process that asked for it."""


class Head(Struct, frozen=True):
    """See `agent.verbs.Response`."""

    status: int
    headers: Mapping[str, str]
    content: "Body | Flow"


class DistantApi:
    """See `agent.verbs.Way`."""

    def __init__(self, answers: Answers, process: Process, begin: Begin, is_cluster: bool = True) -> None:
        self._answers = answers
        self._process = process
        self._begin = begin
        self._is_cluster = is_cluster

    @asynccontextmanager
    async def open(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[Head]:
        await self._process.reach()
        if self._process.chance.strikes("agent.unreachable"):
            raise Unreachable("connection refused")
        verb = ("watch" if "watch=true" in path else "request") if self._is_cluster else "call"
        ask = Ask(verb, PATIENCE_MS, method, path, dict(headers), body or b"")
        if verb == "watch":
            async with self._watched(ask) as head:
                yield head
        else:
            yield await self._answered(ask)

    @asynccontextmanager
    async def _watched(self, ask: Ask) -> AsyncIterator[Head]:
        async with aclosing(self._answers(ask)) as frames:
            first = await anext(frames)
            await self._process.come_back()
            if first.last:
                yield Head(first.status, first.headers, Body(first.body, self._process))
                return
            async with aclosing(Flow(frames, self._process)) as flow:
                yield Head(first.status, first.headers, flow)

    async def _answered(self, ask: Ask) -> Head:
        refused = self._refusal(ask)
        frame = refused or await self._asked(ask)
        if frame.problem:
            raise Unreachable(frame.problem)
        strikes = self._process.chance.strikes
        body = frame.body
        if self._is_cluster and ask.method != "GET" and strikes("api.error_after"):
            frame = _frame(500, "InternalError", "etcdserver: request timed out")
            body = frame.body
        if self._is_cluster and ask.method == "GET" and frame.status == 200 and strikes("answer.long"):
            # White space after a document is part of it.
            body += b" " * (LONG_BYTES - len(body))
        await self._process.come_back()
        return Head(frame.status, frame.headers, Body(body, self._process))

    async def _asked(self, ask: Ask) -> Frame:
        """A write that has been sent is carried out, whatever becomes of the agent; now and then long after."""
        if ask.method == "GET":
            return await _first(self._answers(ask))
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        late = self._process.chance.amount("api.late") if self._is_cluster else None
        if late is not None:
            self._process.tell(f"{ask.method} {ask.path} is held up for {late * LATE_SECONDS:.0f} s")
        self._begin(self._carried_out(ask, (late or 0.0) * LATE_SECONDS, answer))
        return await answer

    async def _carried_out(self, ask: Ask, seconds: float, answer: "asyncio.Future[Frame]") -> None:
        if seconds:
            await asyncio.sleep(seconds)
        frame = await _first(self._answers(ask))
        if not answer.done():
            answer.set_result(frame)

    def _refusal(self, ask: Ask) -> Frame | None:
        """What a cluster's API answers instead of doing anything."""
        strikes = self._process.chance.strikes
        if not self._is_cluster:
            return None
        if strikes("api.throttled"):
            return _frame(429, "TooManyRequests", "too many requests", {"Retry-After": "1"})
        if strikes("api.error"):
            return _frame(500, "InternalError", "the storage is not there")
        if ask.method in ("PUT", "PATCH", "DELETE") and strikes("api.conflict"):
            return _frame(409, "Conflict", "the object has been modified; please apply your changes to the latest")
        return None


class Body:
    """See `agent.verbs.Content`: all of it is there, and comes in pieces."""

    def __init__(self, body: bytes, process: Process) -> None:
        self._body = body
        self._read = 0
        self._process = process

    async def read(self, size: int) -> bytes:
        if self._read:
            await self._process.reach()
        piece = self._body[self._read : self._read + size]
        self._read += len(piece)
        return piece

    def at_eof(self) -> bool:
        return self._read >= len(self._body)


class Flow:
    """See `agent.verbs.Content`: a watch, which may break, fall silent, or be told that its place is gone."""

    def __init__(self, frames: AsyncGenerator[Frame, None], process: Process) -> None:
        self._pieces = _passed_on(frames, process)
        self._process = process
        self._next: asyncio.Task[bytes] | None = None
        self._is_over = False

    async def read(self, _: int) -> bytes:
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._pieces, b""))
        # Who reads gives up now and then, to say that nothing came; what comes then is for the next read.
        piece = await asyncio.shield(self._next)
        await self._process.awake()
        self._next, self._is_over = None, not piece
        return piece

    def at_eof(self) -> bool:
        return self._is_over

    async def aclose(self) -> None:
        if self._next is not None:
            self._next.cancel()
            await asyncio.wait([self._next])
        await self._pieces.aclose()


async def _passed_on(frames: AsyncGenerator[Frame, None], process: Process) -> AsyncGenerator[bytes, None]:
    strikes = process.chance.strikes
    async with aclosing(frames):
        async for frame in frames:
            if strikes("stream.breaks"):
                raise Lost("the connection to the API broke")
            if strikes("stream.stalls"):
                await asyncio.sleep(STALL_SECONDS)
                raise Lost("the connection to the API timed out")
            if strikes("stream.gone"):
                yield b'{"type":"ERROR","object":%s}\n' % _frame(410, "Expired", "too old resource version").body
                return
            if frame.body:
                yield frame.body


async def _first(frames: AsyncGenerator[Frame, None]) -> Frame:
    try:
        return await anext(frames)
    finally:
        await frames.aclose()


def _frame(code: int, reason: str, message: str, headers: dict[str, str] | None = None) -> Frame:
    answer = status(code, reason, message, headers)
    return Frame(0, answer.status, answer.headers, answer.body, last=True)
