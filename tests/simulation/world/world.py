"""Everything that outlives the processes, and the processes: each is started again a while after its end."""

import asyncio
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from itertools import count
from pathlib import Path
from random import Random

from libs.bus.broker import Broker
from libs.durable.partitions import Ports, Sharing
from libs.link.bus import bus_link
from libs.link.memory import MemoryLink
from libs.link.port import Link
from libs.messages.agent import Ask, Frame
from libs.store.memory import MemoryStore
from tests.integration.crash.cluster import Recorded
from tests.integration.crash.skipping import LoopClock
from tests.integration.transcripts.diary import Diary
from tests.integration.transcripts.outside import Outside
from tests.simulation.ports.bus import DistantBus
from tests.simulation.ports.chance import Chance
from tests.simulation.ports.link import DistantLink
from tests.simulation.ports.process import Process, ProcessClock
from tests.simulation.ports.store import DistantStore
from tests.simulation.world.leaves import leaves
from tests.simulation.world.scope import FULL
from tests.simulation.world.switchboard import Switchboard
from tests.simulation.world.weather import Weather

RESTART_SECONDS = 20.0
"""By when a process that died is started again."""
BEAT_SECONDS = 5.0
OUTAGE_SECONDS = 15.0
LATE_SECONDS = 60.0
_REFUSALS = (409, 422)
LEASE_SECONDS = 30
"""Longer than theirs by default: renewing leases is most of what idle services do."""

Keep = Callable[[Broker, LoopClock], Diary]
Serve = Callable[["World", Process], Awaitable[None]]


class World:
    def __init__(
        self, chance: Chance, cluster: Recorded, diary: Callable[[Broker, LoopClock], Diary], group: asyncio.TaskGroup
    ) -> None:
        self.chance = chance
        self.scope = FULL
        self.clock = LoopClock()
        self.broker = Broker(self.clock)
        self.store = MemoryStore(self.broker)
        self.cluster = cluster
        self.weather = Weather()
        self.diary = diary(self.broker, self.clock)
        self.outside = Outside(self.diary.note)
        self.link = MemoryLink(self._answers)
        self.switchboard = Switchboard(chance.stream("switchboard"), self.tell)
        self.processes: dict[str, Process] = {}
        """Those that live, or did last, by what they are."""
        self.problems: list[str] = []
        """Promises that were broken, as they are noticed."""
        self.refused_writes = 0
        self._group = group
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, coroutine: Coroutine[None, None, None]) -> None:
        """Run it beside everything else, until `end`."""
        self._tasks.append(self._group.create_task(coroutine))

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()

    def tell(self, what: str) -> None:
        self.diary.note("fault", what)

    def keep(self, name: str, serve: Serve, kind: str = "process") -> None:
        """Have a process of this name, always."""
        self.begin(self._keep(name, serve, kind))

    def ports(self, process: Process) -> Ports:
        store = DistantStore(self.store, process, self.weather)
        return Ports(DistantBus(self.broker, process, self.weather), store, ProcessClock(process))

    @asynccontextmanager
    async def linked(self, process: Process) -> AsyncIterator[Link]:
        """A process's way to clusters: over gateways and agents, or what stands for them."""
        if self.scope.is_scripted:
            yield DistantLink(self.link, process, self._later)
            return
        ports = self.ports(process)
        async with bus_link(ports.bus, ports.clock) as link:
            yield link

    def random(self, name: str) -> Random:
        return self.chance.stream(name)

    def has_work_left(self) -> bool:
        """Whether anything is to be acknowledged yet, or will be reminded of."""
        is_pending = any(consumer.unacknowledged for consumer in self.broker.consumers.values())
        return is_pending or bool(self.broker.lasts(["timer.>"]))

    async def time(self) -> None:
        """Fire timers, now and then late; the bus loses its leader, now and then."""
        while True:
            at = self.broker.next_at()
            wait = min(BEAT_SECONDS, max(0.0, (at - self.clock.now()).total_seconds())) if at else BEAT_SECONDS
            try:
                async with asyncio.timeout(wait):
                    await self.broker.changed()
            except TimeoutError:
                await self._late()
                self.broker.tick()

    async def storms(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if (amount := self.chance.amount("plane.outage")) is not None:
                seconds = 1 + amount * (OUTAGE_SECONDS - 1)
                self.tell(f"the bus has no leader for {seconds:.0f} s")
                await self.weather.outage(seconds)

    async def _late(self) -> None:
        at = self.broker.next_at()
        if at is not None and at <= self.clock.now() and (amount := self.chance.amount("timers.late")) is not None:
            self.tell(f"timers are {amount * LATE_SECONDS:.0f} s late")
            await asyncio.sleep(amount * LATE_SECONDS)

    def _later(self, seconds: float, what: Coroutine[None, None, None]) -> None:
        self.begin(_after(seconds, what))

    async def _keep(self, name: str, serve: Serve, kind: str) -> None:
        delays = self.chance.stream("restarts")
        for number in count(1):
            process = self.processes[name] = Process(f"{name}-{number}", self.chance, self.tell, kind)
            await self._lived(process, serve)
            await asyncio.sleep(delays.random() * RESTART_SECONDS)

    async def _lived(self, process: Process, serve: Serve) -> None:
        async with asyncio.TaskGroup() as group:
            process.task = group.create_task(self._life(process, serve))

    async def _life(self, process: Process, serve: Serve) -> None:
        try:
            await serve(self, process)
        except BaseException as error:
            if process.is_dead or process.is_stopping:
                return
            if isinstance(error, asyncio.CancelledError):
                raise
            self.problems.append(f"INV-23 {process.name} ended by itself: {'; '.join(causes(error))}")

    async def of_cluster(self, ask: Ask) -> AsyncGenerator[Frame, None]:
        async with aclosing(self.cluster.answer(ask)) as frames:
            async for frame in frames:
                self.refused_writes += ask.method != "GET" and frame.status in _REFUSALS
                yield frame

    def _answers(self, tenant: str, agent: str, ask: Ask) -> AsyncGenerator[Frame, None]:
        return self.outside.answer(ask) if ask.verb == "call" else self.of_cluster(ask)


def causes(error: BaseException) -> list[str]:
    """The same in words, each with its place."""
    return [f"{leaf!r} at {_place(leaf)}" for leaf in leaves(error)]


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))


def sharing(process: Process) -> Sharing:
    """Everything simulated lives in the first partition."""
    return Sharing(process.name, 1, LEASE_SECONDS)


async def _after(seconds: float, what: Coroutine[None, None, None]) -> None:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        what.close()
        raise
    await what
