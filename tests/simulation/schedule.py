"""One run: releases under faults, then calm, and everything must come to its end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from libs.auth import clients
from libs.auth.clients import NewClient
from libs.auth.principal import Kind
from libs.bus.broker import Broker
from libs.config import store as configuration
from libs.config.model import Config, MetricProvider
from libs.config.store import Revised
from libs.link.connections import BUCKET, Connection, Connections, encode_connections
from libs.store.memory import MemoryStore
from tests.integration.crash.rounds import Stuck
from tests.integration.crash.skipping import LoopClock, run
from tests.integration.transcripts.diary import Diary
from tests.integration.transcripts.outside import Address
from tests.simulation import quiet
from tests.simulation.checks.connected import unconnected
from tests.simulation.checks.counted import counted
from tests.simulation.checks.effects import Effects
from tests.simulation.checks.ended import ended_problems
from tests.simulation.checks.overheard import overhear
from tests.simulation.checks.steered import steered
from tests.simulation.checks.witness import Witness
from tests.simulation.ports.chance import Chance, Fault
from tests.simulation.trace import trace_of
from tests.simulation.world import services
from tests.simulation.world.agents import agent, other_agent
from tests.simulation.world.clusters import clusters
from tests.simulation.world.gateways import gateway
from tests.simulation.world.people import People
from tests.simulation.world.releases import AGENT, NAMESPACES, PROVIDER, SUITE, TENANT, drawn
from tests.simulation.world.scope import SCOPES, Scope
from tests.simulation.world.world import World, causes

STORM_SECONDS = 1800.0
"""For how long faults strike."""
CALM_SECONDS = 3600.0
"""By when everything has to have ended once no fault strikes any more."""
SETTLE_SECONDS = 120.0
"""How long everything is given at the end, at the most."""
LATE_SECONDS = 60.0
"""The same, at the least, where a request may still come that its asker has given up."""
TURN_SECONDS = 5.0
LONGER_LISTS = 0.3
"""In how many runs several gates are awaited at once."""

_known: list[tuple[str, bytes]] = []


class Run(Struct, frozen=True):
    """What a schedule led to."""

    seed: int
    problems: tuple[str, ...]
    faults: tuple[Fault, ...]
    trace: str
    """Digest of everything that was stored and written."""
    seconds: float
    """Of virtual time."""
    sometimes: dict[str, int]
    """How often the rare things happened."""
    story: tuple[str, ...]
    size: str = "full"
    """See `SCOPES`."""


def simulate(seed: int, only: frozenset[Fault] | None = None, size: str = "full") -> Run:
    """The schedule of this seed and size, with all of its faults or only these."""
    chance = Chance(seed, only)
    with quiet.logs() as noticed:
        try:
            return run(_simulated(seed, chance, noticed, size), chance.stream("order"))
        except (Stuck, Exception) as error:  # noqa: BLE001 - whatever it is, it is this seed's
            return Run(
                seed,
                (f"the simulation stopped: {'; '.join(causes(error))}",),
                tuple(chance.injected),
                "",
                0.0,
                {},
                (),
                size,
            )


async def _simulated(seed: int, chance: Chance, noticed: quiet.Noticed, size: str) -> Run:
    async with _worlds(seed, chance, SCOPES[size]) as world:
        people = People(world)
        witness = Witness(world, people)
        for name, serve in (
            ("intake", people.serve_door),
            ("planner-a", services.planner),
            ("planner-b", services.planner),
            ("executor-a", services.executor),
            ("executor-b", services.executor),
            ("webhooks", services.webhooks),
            ("evaluator", services.evaluator),
        ):
            world.keep(name, serve)
        if not world.scope.is_scripted:
            _keep_agents(world)
            world.begin(overhear(world))
        effects = Effects(world)
        world.begin(steered(world))
        world.begin(people.answer_calls())
        ended = await _released(world, people)
        ended += await unconnected(world)
        await _settled(world)
        problems: list[str] = [*world.problems, *noticed.errors, *witness.problems, *effects.problems, *ended]
        problems += await ended_problems(world, people, witness)
        sometimes = counted(world) + Counter(f"refused {code}" for code in people.refused) + noticed.counted
        sometimes += Counter(fault.kind for fault in chance.injected)
        return Run(
            seed=seed,
            problems=tuple(dict.fromkeys(problems)),
            faults=tuple(chance.injected),
            trace=trace_of(world),
            seconds=asyncio.get_running_loop().time(),
            sometimes=dict(sometimes),
            story=tuple(world.diary.news()),
            size=size,
        )


def _keep_agents(world: World) -> None:
    """Two gateways, two processes under one agent's name, and one under another's."""
    for name in ("gateway-a", "gateway-b"):
        world.keep(name, gateway, "gateway")
    for name, serve in (("agent-a", agent), ("agent-b", agent), ("agent-other", other_agent)):
        world.keep(name, serve, "agent")


async def _released(world: World, people: People) -> list[str]:
    """Hand everything in, let it storm for a while, then calm; what had not ended by the end."""
    random, scope = world.random("releases"), world.scope
    if world.random("list lengths").random() < LONGER_LISTS:
        scope = replace(scope, gates=2)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_in_turn(world, people, [drawn(random, n + 1, scope) for n in range(scope.releases)]))
        ]
        await asyncio.wait(tasks, timeout=STORM_SECONDS)
        world.chance.heal()
        world.tell("calm")
        people.calm_down()
        await asyncio.wait(tasks, timeout=CALM_SECONDS)
        late = [task for task in tasks if not task.done()]
        for task in late:
            task.cancel()
    return [f"not everything has ended {CALM_SECONDS:.0f} s after the last fault"] if late else []


async def _settled(world: World) -> None:
    """Until nothing is left to be done, and what is late has come."""
    is_late = any(fault.kind == "link.late" for fault in world.chance.injected)
    seconds = max(world.scope.settle_seconds, LATE_SECONDS if is_late else 0.0)
    await asyncio.sleep(seconds)
    while seconds < SETTLE_SECONDS and world.has_work_left():
        seconds += TURN_SECONDS
        await asyncio.sleep(TURN_SECONDS)


async def _in_turn(world: World, people: People, releases: list) -> None:  # type: ignore[type-arg]
    """Each release when the one before has ended, or when somebody cannot wait."""
    async with asyncio.TaskGroup() as group:
        for release in releases:
            task = group.create_task(people.release(release))
            await asyncio.wait([task], timeout=release.patience or None)


@asynccontextmanager
async def _worlds(seed: int, chance: Chance, scope: Scope) -> AsyncIterator[World]:
    async with clusters(seed, scope.is_scripted) as (recorded, cluster), asyncio.TaskGroup() as group:
        world = World(chance, recorded, lambda broker, clock: Diary(broker, clock, cluster), group)
        world.scope = scope
        for name in NAMESPACES:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            await recorded.ask("POST", "/api/v1/namespaces", namespace)
        await _registered(world)
        world.outside.addresses = (
            Address(SUITE, 202),
            Address(f"{PROVIDER}/api/v1/query", values=(0.1,)),
        )
        world.begin(world.time())
        world.begin(world.storms())
        yield world
        world.end()


async def _credentials() -> list[tuple[str, bytes]]:
    """Of the agent. Made once: sealing a secret is slow by design."""
    if not _known:
        scratch = MemoryStore(Broker(LoopClock()))
        await clients.create(scratch, NewClient(TENANT, AGENT, ("agent",), Kind.AGENT), LoopClock(), Random(2))
        _known.extend((entry.key, entry.value) for entry in await scratch.entries(clients.BUCKET))
    return _known


async def _registered(world: World) -> None:
    """The agent, and what measures."""
    for key, value in await _credentials():
        await world.store.put(clients.BUCKET, key, value)
    if world.scope.is_scripted:
        there = Connections("gateway", (Connection(TENANT, AGENT, "a", "1", world.clock.now().isoformat()),))
        await world.store.put(BUCKET, "gateway", encode_connections(there))
    provider = MetricProvider(name="prometheus", type="prometheus", url=PROVIDER, agent=AGENT)
    await configuration.write(
        world.store, TENANT, Revised(Config(metric_providers=(provider,)), 0), world.clock.now(), "ann"
    )
