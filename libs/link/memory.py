"""The twin of the link over the bus: asks a function in this process, for tests and simulation."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from libs.link.answer import Opened, checked, heard, whole
from libs.link.codec import problem_with
from libs.link.port import Answer, Lost, Refused, Stream
from libs.messages.agent import Ask, Frame

Answers = Callable[[str, str, Ask], AsyncGenerator[Frame, None]]
"""Given tenant, agent and ask: the frames that a gateway would send; an agent that is away is a `problem` frame."""


class MemoryLink:
    """See `Link`."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer:
        try:
            async with asyncio.timeout(ask.timeout_ms / 1000), self._frames(tenant, agent, ask) as frames:
                return await whole(frames)
        except TimeoutError:
            raise Lost(f"no answer within {ask.timeout_ms} ms") from None

    @asynccontextmanager
    async def stream(self, tenant: str, agent: str, ask: Ask) -> AsyncIterator[Stream]:
        async with self._frames(tenant, agent, ask) as frames:
            yield Opened(await heard(frames), frames)

    @asynccontextmanager
    async def _frames(self, tenant: str, agent: str, ask: Ask) -> AsyncIterator["_Called"]:
        if problem := problem_with(ask):
            raise Refused(problem)
        source = self._answers(tenant, agent, ask)
        async with aclosing(source):
            yield _Called(source)


class _Called:
    """Frames straight from the function."""

    def __init__(self, source: AsyncIterator[Frame]) -> None:
        self._source = source
        self._next_seq = 0

    async def next(self) -> Frame:
        try:
            frame = checked(await anext(self._source), self._next_seq)
        except StopAsyncIteration:
            raise Lost("the answer ended without a last piece") from None
        self._next_seq += 1
        return frame
