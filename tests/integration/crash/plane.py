"""A planner and an executor on one broker, each stopped where its fuse says, and what they lead to."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random

import msgspec
from msgspec import Struct

from libs.api.request import StartRequest
from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.deployment import machine as deployments
from libs.deployment.state import Deployment
from libs.durable.commit import Shell
from libs.durable.partitions import Ports
from libs.durable.ports import Bus
from libs.durable.service import serve_partition
from libs.durable.writes import Cause, message_write
from libs.link.memory import MemoryLink
from libs.link.port import Answer, Link, Stream
from libs.messages import codec
from libs.messages.agent import Ask, Frame
from libs.messages.deployment import StartDeployment
from libs.messages.message import Message
from libs.messages.rollout import RolloutHindered
from libs.messages.subject import PARTITIONS, Key, partition_of
from libs.rollout import machine as rollouts
from libs.rollout.state import Rollout, is_live
from libs.store.memory import MemoryStore
from sandbox.server import Options, running
from services.executor.clusters import Clusters
from services.executor.handlers import Executor
from services.executor.papers import Papers
from services.executor.service import listening as executor_of
from services.executor.steering import Tools
from services.planner.service import listening as planner_of
from tests.crash import Crashed, CrashingBus, CrashingStore, Fuse
from tests.integration.crash.cluster import Recorded
from tests.integration.crash.skipping import LoopClock, run

NEVER = 10**9
PARTITION = partition_of("main", "shop", PARTITIONS)
TENANT = "main"

Life = Callable[[Fuse], Coroutine[None, None, None]]


class Outcome(Struct, frozen=True):
    """How everything ended, without what may differ from run to run."""

    deployment: str
    rollouts: dict[str, str]
    facts: dict[str, int]
    """How often each fact was told, by address and target."""
    live: dict[str, int]


class Plane:
    """Everything that outlives the services."""

    def __init__(self, cluster: Recorded) -> None:
        self.clock = LoopClock()
        self.broker = Broker(self.clock)
        self.cluster = cluster
        self.store = MemoryStore(self.broker)
        self.link: Link = MemoryLink(self._answers)
        """Read anew for every call: a test may put another in its place."""

    def services(self) -> tuple[Life, ...]:
        """Everything that leads a release."""
        return (self.planner, self.executor)

    def bus(self) -> MemoryBus:
        """A connection of its own."""
        return MemoryBus(self.broker)

    async def planner(self, fuse: Fuse) -> None:
        store = CrashingStore(MemoryStore(self.broker), fuse)
        ports = Ports(CrashingBus(self.broker, fuse), store, self.clock)
        await serve_partition(planner_of(ports), ports, PARTITION)

    async def executor(self, fuse: Fuse) -> None:
        async with self.holder("executor-1", fuse) as holder:
            await holder.take()
            await asyncio.Event().wait()

    @asynccontextmanager
    async def holder(self, member: str, fuse: Fuse | None = None, bus: Bus | None = None) -> AsyncIterator["Holder"]:
        """An executor that can take the partition and leave it."""
        fuse = fuse or Fuse(NEVER, after=False)
        store = CrashingStore(MemoryStore(self.broker), fuse)
        ports = Ports(bus or CrashingBus(self.broker, fuse), store, self.clock)
        shell = Shell(rollouts.MACHINE, store, self.clock)
        clusters = Clusters(_CrashingLink(self, fuse), ports.bus, self.clock, Random(1))
        executor = Executor(Tools(shell, Papers(store), clusters, self.clock, member), store, ports.bus)
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(clusters.run()), group.create_task(executor.run())]
            holder = Holder(partial(serve_partition, executor_of(executor, shell), ports, PARTITION), group)
            yield holder
            await holder.leave()
            for task in running:
                task.cancel()

    async def start(self, name: str, config: str, *manifests: str) -> Key:
        """What the door commits of an accepted deployment, as far as the planner reads it."""
        request = StartRequest(config=config, files={"web.yaml": manifests})
        submission = await self.store.save(msgspec.json.encode(request))
        key = Key(TENANT, PARTITION, name)
        order = StartDeployment(application="shop", submission=submission, by="ann")
        self.say(key, order)
        return key

    def say(self, key: Key, message: Message) -> None:
        id_ = f"{key.deployment}-{message.address}"
        self.broker.commit([message_write(key, message, id_, Cause(""), self.clock.now())])

    async def ended(self, key: Key) -> None:
        """Wait for the deployment's end; on a clock that skips the deadline takes no time."""
        async with asyncio.timeout(3600):
            while not deployments.MACHINE.is_terminal(await self.deployment(key)):
                await self.broker.changed()

    async def deployment(self, key: Key) -> Deployment:
        return (await Shell(deployments.MACHINE, self.store, self.clock).load(key)).state

    async def rollout(self, key: Key, target: str) -> Rollout:
        return (await Shell(rollouts.MACHINE, self.store, self.clock).load(key.of_target(target))).state

    async def outcome(self, key: Key) -> Outcome:
        deployment = await self.deployment(key)
        walked = {target.plan.name: await self.rollout(key, target.plan.name) for target in deployment.targets}
        assert not any(is_live(rollout) for rollout in walked.values())
        return Outcome(
            str(deployment.phase),
            {name: str(rollout.phase) for name, rollout in walked.items()},
            dict(Counter(self._facts(key))),
            self.cluster.live(),
        )

    async def until(self, key: Key, target: str, is_so: Callable[[Rollout], bool]) -> None:
        async with asyncio.timeout(3600):
            while not is_so(await self.rollout(key, target)):
                await self.broker.changed()

    async def settled(self) -> None:
        """Let every service finish what it has in hand: a machine's last step is not its message's acknowledgement."""
        await self.clock.sleep(60)

    def pending(self) -> int:
        return sum(len(consumer.unacknowledged) for consumer in self.broker.consumers.values())

    def facts(self, key: Key) -> list[Message]:
        stored = self.broker.stored([f"evt.*.*.*.*.{key.deployment}.*"], 0)
        envelopes = [codec.decode_envelope(one.data) for one in stored]
        return [codec.decode(envelope.type, envelope.data) for envelope in envelopes]

    def _facts(self, key: Key) -> list[str]:
        told = [fact for fact in self.facts(key) if not isinstance(fact, RolloutHindered)]
        return [f"{fact.address} {getattr(fact, 'target', '')} {getattr(fact, 'step', '')}".strip() for fact in told]

    def _answers(self, tenant: str, agent: str, ask: Ask) -> AsyncGenerator[Frame, None]:
        return self.cluster.answer(ask)


class Holder:
    """Whether one executor has the partition."""

    def __init__(self, holding: Callable[[], Coroutine[None, None, None]], group: asyncio.TaskGroup) -> None:
        self._holding = holding
        self._group = group
        self._held: asyncio.Task[None] | None = None

    async def take(self) -> None:
        if self._held is None:
            self._held = self._group.create_task(self._holding())

    async def leave(self) -> None:
        if self._held is not None:
            self._held.cancel()
            await asyncio.wait([self._held])
            self._held = None


@asynccontextmanager
async def planes(state: Path | None = None) -> AsyncIterator[Plane]:
    """A plane without services, and its cluster, which is kept in a folder where one is given."""
    async with running(Options(nodes=2, state_dir=state), LoopClock()) as (api, cluster), asyncio.TaskGroup() as group:
        plane = Plane(Recorded(api, cluster))
        ticking = group.create_task(plane.broker.run())
        yield plane
        ticking.cancel()


@asynccontextmanager
async def meanwhile(*lives: Coroutine[None, None, None]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(life) for life in lives]
        yield
        # One that crashes while it is told to leave is started again, and is told again.
        while left := [task for task in tasks if not task.done()]:
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=1)


async def twice(life: Life, fuse: Fuse) -> None:
    """A process that stops where the fuse says, and the one that is started after it."""
    try:
        await life(fuse)
    except* Crashed:
        pass
    await life(Fuse(NEVER, after=False))


def at_every_call(release: Callable[[Fuse], Coroutine[None, None, None]], after: bool, every: int) -> None:
    """The same release again and again, with a process that dies at each `every`-th of its calls."""
    number, is_reached = 1, True
    while is_reached:
        fuse = Fuse(number, after)
        run(release(fuse))
        number, is_reached = number + every, fuse.blown


class _CrashingLink:
    """A link behind the fuse."""

    def __init__(self, plane: Plane, fuse: Fuse) -> None:
        self._plane = plane
        self._fuse = fuse

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer:
        return await self._fuse.around(lambda: self._plane.link.ask(tenant, agent, ask))

    def stream(self, tenant: str, agent: str, ask: Ask) -> AbstractAsyncContextManager[Stream]:
        return self._plane.link.stream(tenant, agent, ask)
