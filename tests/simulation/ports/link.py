"""A process's way to clusters: over a gateway, an agent and an API, each of which may fail it at any piece."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import msgspec

from libs.link.memory import MemoryLink
from libs.link.port import Answer, Away, Busy, Lost, Silent, Stream, Unreachable
from libs.messages.agent import Ask
from tests.simulation.ports.process import Process

LATE_SECONDS = 45.0
"""By when a request that its asker has given up may still be carried out."""
STALL_SECONDS = 25.0

Later = Callable[[float, Coroutine[None, None, None]], None]


class DistantLink:
    """See `Link`."""

    def __init__(self, link: MemoryLink, process: Process, later: Later) -> None:
        self._link = link
        self._process = process
        self._later = later

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer:
        await self._process.reach()
        self._refuse()
        strikes, seconds = self._process.chance.strikes, ask.timeout_ms / 1000
        if strikes("link.lost"):
            await asyncio.sleep(seconds)
            raise Lost("the question was lost")
        if (amount := self._process.chance.amount("link.late")) is not None:
            self._later(amount * LATE_SECONDS, self._unheard(tenant, agent, ask))
            raise Lost("the gateway was cut off")
        answer = self._failing(ask) or await self._link.ask(tenant, agent, ask)
        if strikes("link.answer_lost"):
            raise Lost("the answer was lost")
        if ask.method != "GET" and strikes("api.error_after"):
            answer = status(500, "InternalError", "etcdserver: request timed out")
        await self._process.come_back()
        return answer

    @asynccontextmanager
    async def stream(self, tenant: str, agent: str, ask: Ask) -> AsyncIterator[Stream]:
        await self._process.reach()
        self._refuse()
        async with self._link.stream(tenant, agent, ask) as stream:
            yield DistantStream(stream, self._process)

    async def _unheard(self, tenant: str, agent: str, ask: Ask) -> None:
        await self._link.ask(tenant, agent, ask)

    def _refuse(self) -> None:
        """Where nothing was sent."""
        strikes = self._process.chance.strikes
        if strikes("agent.away"):
            raise Away("no gateway has it")
        if strikes("agent.busy"):
            raise Busy("it has too much to do")
        if strikes("agent.unreachable"):
            raise Unreachable("its API refuses connections")
        if strikes("agent.silent"):
            raise Silent("its API did not answer")

    def _failing(self, ask: Ask) -> Answer | None:
        """What a cluster's API answers instead of doing anything."""
        strikes = self._process.chance.strikes
        if ask.verb == "call":
            return None
        if strikes("api.throttled"):
            return status(429, "TooManyRequests", "too many requests", {"Retry-After": "1"})
        if strikes("api.error"):
            return status(500, "InternalError", "the storage is not there")
        if ask.method in ("PUT", "PATCH", "DELETE") and strikes("api.conflict"):
            return status(409, "Conflict", "the object has been modified; please apply your changes to the latest")
        return None


class DistantStream:
    """A stream that may break, fall silent, or be told that its place is gone."""

    def __init__(self, stream: Stream, process: Process) -> None:
        self._stream = stream
        self._process = process

    @property
    def status(self) -> int:
        return self._stream.status

    @property
    def headers(self) -> dict[str, str]:
        return self._stream.headers

    async def __aiter__(self) -> AsyncIterator[bytes]:
        strikes = self._process.chance.strikes
        async for piece in self._stream:
            await self._process.reach()
            if strikes("stream.breaks"):
                raise Lost("the stream broke")
            if strikes("stream.stalls"):
                await asyncio.sleep(STALL_SECONDS)
                raise Lost("nothing was heard")
            if strikes("stream.gone"):
                gone = status(410, "Expired", "too old resource version")
                yield b'{"type":"ERROR","object":%s}\n' % gone.body
                return
            yield piece


def status(code: int, reason: str, message: str, headers: dict[str, str] | None = None) -> Answer:
    """A refusal as an API server words it."""
    told = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return Answer(code, {"content-type": "application/json"} | (headers or {}), msgspec.json.encode(told))
