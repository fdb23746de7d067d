"""Staying connected: one stream after another, each dialled anew, never in step with other agents."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from random import Random

from msgspec import Struct
from prometheus_client import Counter

from agent.frames import Malformed
from agent.stream import Ended, Introduction, Stream, Wire
from agent.token import NoToken, Tokens
from agent.work import Work
from libs.link.pulse import Silent
from libs.runtime import log
from libs.runtime.process import Process

BASE_SECONDS = 0.5
CAP_SECONDS = 30.0
STABLE_SECONDS = 60.0
"""A stream that lived this long makes the pauses short again."""
MOVE_SECONDS = 1.0
"""Agents that are sent away together do not come back together."""


Dial = Callable[[str], AbstractAsyncContextManager[Wire]]
"""Given a token: a stream while entered."""


class Gate(Struct, frozen=True):
    """Which gateway to dial, and how."""

    address: str
    dial: Dial
    drain_seconds: float = 10.0


class Backoff:
    """Full jitter: any pause between nothing and a bound that doubles."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._attempts = 0

    def reset(self) -> None:
        self._attempts = 0

    def next(self) -> float:
        bound = min(CAP_SECONDS, BASE_SECONDS * 2 ** min(self._attempts, 16))
        self._attempts += 1
        return self._random.uniform(0, bound)


class Dialler:
    """Keeps one stream open; while one is being left, two."""

    def __init__(self, gate: Gate, tokens: Tokens, work: Work, introduction: Introduction, process: Process) -> None:
        self._gate = gate
        self._tokens = tokens
        self._work = work
        self._introduction = introduction
        self._process = process
        self._clock = process.clock
        self._streams: dict[Stream, None] = {}
        self._ended = asyncio.Event()
        self._ended_streams = Counter(
            "fairlead_agent_streams_ended",
            "Streams to a gateway that ended, by why: ended, silent, malformed (it said what it may not), notoken.",
            ("why",),
            registry=process.metrics.registry,
        )

    async def run(self) -> None:
        """Stay connected until cancelled; then finish what is under way."""
        async with asyncio.TaskGroup() as group:
            try:
                await self._stay_connected(group)
            finally:
                await self._drain()

    async def _stay_connected(self, group: asyncio.TaskGroup) -> None:
        backoff = Backoff(self._process.random)
        while True:
            began = self._clock.monotonic()
            left, ended = asyncio.Event(), asyncio.Event()
            group.create_task(self._serve(left, ended))
            await left.wait()
            if self._clock.monotonic() - began >= STABLE_SECONDS:
                backoff.reset()
            pause = backoff.next() if ended.is_set() else self._process.random.uniform(0, MOVE_SECONDS)
            await self._clock.sleep(pause)

    async def _serve(self, left: asyncio.Event, ended: asyncio.Event) -> None:
        """One stream from dialling to its end; `left` is set as soon as another one is needed."""
        try:
            grant = await self._tokens.current()
            async with self._gate.dial(grant.token) as wire:
                await self._attend(Stream(wire, self._work, self._clock, left))
        except* (NoToken, Ended, Silent, Malformed) as group:
            self._note(group.exceptions[0])
        finally:
            ended.set()
            left.set()

    async def _attend(self, stream: Stream) -> None:
        welcome = await stream.meet(self._introduction)
        self._streams[stream] = None
        self._process.health.ready("gateway", True)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(stream.run(welcome))
                group.create_task(stream.finish_when_left(self._gate.drain_seconds))
                group.create_task(self._renew(stream))
        finally:
            self._streams.pop(stream, None)
            self._ended.set()

    async def _renew(self, stream: Stream) -> None:
        """Give the gateway a fresh token before the one it knows expires."""
        while True:
            grant = await self._tokens.current()
            await self._clock.sleep(max(grant.renew_at - self._clock.monotonic(), 0))
            try:
                stream.renew((await self._tokens.current()).token)
            except NoToken as error:
                log.logger().warning("token_not_renewed", error=str(error))
                await self._clock.sleep(self._process.random.uniform(1, 10))

    def _note(self, failure: Exception) -> None:
        while isinstance(failure, ExceptionGroup):
            failure = failure.exceptions[0]
        if isinstance(failure, Ended) and failure.is_unauthenticated:
            self._tokens.forget()
        self._ended_streams.labels(type(failure).__name__.lower()).inc()
        reason = str(failure)
        log.logger().warning("stream_ended", gateway=self._gate.address, reason=reason)
        if not self._streams:
            self._process.health.ready("gateway", False, reason)

    async def _drain(self) -> None:
        for stream in self._streams:
            stream.leave("the agent stops")
        with suppress(TimeoutError):
            async with asyncio.timeout(self._gate.drain_seconds):
                while self._streams:
                    self._ended.clear()
                    await self._ended.wait()
