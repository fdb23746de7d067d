"""Where agents dial: whichever gateway listens takes the stream."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

from msgspec import Struct

from agent.stream import Ended
from libs.link.pulse import Silent
from services.gateway.door import REFUSALS, Door, Listening
from tests.simulation.ports.line import AgentEnd, GatewayEnd, Line
from tests.simulation.ports.process import Process
from tests.simulation.world.leaves import leaves


class _Listener(Struct, frozen=True, eq=False):
    """A gateway that listens, and what its streams run in."""

    process: Process
    door: Door
    streams: asyncio.TaskGroup


class Switchboard:
    def __init__(self, random: Random, tell: Callable[[str], None]) -> None:
        self.lines: list[Line] = []
        """Those that are not over at both ends."""
        self.happened: Counter[str] = Counter()
        self._listeners: dict[str, _Listener] = {}
        self._random = random
        self._tell = tell
        self._last: dict[str, str] = {}
        """By agent: the gateway that it was last connected to."""

    @asynccontextmanager
    async def listen(self, process: Process, door: Door) -> AsyncIterator[Listening]:
        """Take streams for a gateway while entered."""
        async with asyncio.TaskGroup() as streams:
            listener = _Listener(process, door, streams)
            self._listeners[process.name] = listener
            process.at_end.append(lambda: self._listeners.pop(process.name, None))
            try:
                yield Listening(1)
            finally:
                self._listeners.pop(process.name, None)
                for line in [line for line in self.lines if line.gateway is process]:
                    line.reset()

    @asynccontextmanager
    async def dialled(self, process: Process, token: str) -> AsyncIterator[AgentEnd]:
        """A stream of this agent to any gateway."""
        await process.reach()
        if not self._listeners:
            raise Ended("UNAVAILABLE: connection refused")
        listener = self._random.choice(list(self._listeners.values()))
        line = Line(process, listener.process, self._tell)
        self.lines = [one for one in self.lines if not one.is_over] + [line]
        task = listener.streams.create_task(self._served(line, listener.door, token))
        line.on_break = task.cancel
        try:
            yield AgentEnd(line)
        except BaseException as error:
            if line.is_half_open and any(isinstance(leaf, Silent) for leaf in leaves(error)):
                self.happened["half-open stream noticed by the agent"] += 1
            raise
        finally:
            line.hang_up()

    async def _served(self, line: Line, door: Door, token: str) -> None:
        ending = await self._attended(line, door, token)
        if line.is_half_open and isinstance(ending, Silent):
            self.happened["half-open stream noticed by the gateway"] += 1
        line.ended(ending)

    async def _attended(self, line: Line, door: Door, token: str) -> Exception | None:
        wire = GatewayEnd(line)
        try:
            caller, hello = await door.meet(wire, (f"Bearer {token}",))
        except REFUSALS as refusal:
            return refusal
        self._note(line)
        return await door.attend(wire, caller, hello)

    def _note(self, line: Line) -> None:
        before = self._last.get(line.agent.name)
        self._last[line.agent.name] = line.gateway.name
        if before not in (None, line.gateway.name):
            self.happened["stream taken over by another gateway"] += 1
