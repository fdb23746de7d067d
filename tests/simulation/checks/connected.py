"""INV-25, for agents: a minute after the last fault each has a stream that works."""

import asyncio
from collections.abc import Iterator

from tests.simulation.world.world import RESTART_SECONDS, World

HEALED_SECONDS = 60.0
LOOK_SECONDS = 1.0


async def unconnected(world: World) -> list[str]:
    """Wait for them; who is still without a stream a minute after the last thing that befell anybody was over."""
    left = {name for name, process in world.processes.items() if process.kind == "agent"}
    until = asyncio.get_running_loop().time() + HEALED_SECONDS + _lasting_seconds(world)
    while left and asyncio.get_running_loop().time() < until:
        left -= set(_connected(world))
        await asyncio.sleep(LOOK_SECONDS)
    return [f"INV-25 {name} has no stream {HEALED_SECONDS:.0f} s after the last fault" for name in sorted(left)]


def _lasting_seconds(world: World) -> float:
    """For how long what has begun may go on."""
    stalls = [process.stalled_seconds for process in world.processes.values()]
    holds = [way.held_seconds for line in world.switchboard.lines for way in (line.up, line.down)]
    return max((*stalls, *holds)) + RESTART_SECONDS


def _connected(world: World) -> Iterator[str]:
    working = {line.agent.name for line in world.switchboard.lines if line.works}
    for name, process in world.processes.items():
        if process.name in working:
            yield name
