"""Who works on what: the process that holds the partition steers every live rollout, and no other steers any."""

import asyncio
from collections.abc import Iterator

from libs.durable.partitions import LEASE
from libs.durable.record import load
from libs.messages.subject import Key, parse, state_filter
from libs.rollout.machine import MACHINE
from libs.rollout.state import is_live
from tests.simulation.world.world import World

LOOK_SECONDS = 10.0
MOST_SECONDS = 120.0
"""For how long it may be otherwise: a partition changes hands, the bus is away, a process is stopped."""


async def steered(world: World) -> None:
    """Look, for ever; INV-25 where a rollout is left alone, INV-05 where two processes work on one."""
    wrong: dict[str, float] = {}
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        found = set(_wrong(world, await _holder(world)))
        wrong = {problem: wrong.get(problem, loop.time()) for problem in found}
        world.problems += [problem for problem, since in wrong.items() if loop.time() - since > MOST_SECONDS]


async def _holder(world: World) -> str:
    entry = await world.store.get(LEASE, "partition.executor.0")
    return entry.value.decode() if entry else ""


def _wrong(world: World, holder: str) -> Iterator[str]:
    live = {
        parse(stored.subject).key
        for stored in world.broker.lasts([state_filter(MACHINE.noun)])
        if is_live(load(MACHINE, stored).state)
    }
    for process in world.processes.values():
        if process.is_dead or process.stalled_seconds or process.is_stopping or process.steers is None:
            continue
        steered: set[Key] = set(process.steers())
        if process.name != holder:
            yield from (f"INV-05 {process.name} steers {_named(key)}, and {holder} should" for key in steered)
        else:
            yield from (f"INV-25 {process.name} does not steer {_named(key)}" for key in live - steered)


def _named(key: Key) -> str:
    return f"{key.deployment[:8]} {key.target}"
