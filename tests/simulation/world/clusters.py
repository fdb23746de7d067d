"""The cluster that releases go to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox.server import Options, running
from tests.integration.crash.cluster import Holding, Recorded
from tests.integration.crash.skipping import LoopClock
from tests.simulation.scripted.cluster import Scripted


@asynccontextmanager
async def clusters(seed: int, is_scripted: bool) -> AsyncIterator[tuple[Recorded, Holding]]:
    """A sandbox, or one that only answers as told."""
    if is_scripted:
        scripted = Scripted(seed, LoopClock())
        yield Recorded(scripted, scripted), scripted
        return
    async with running(Options(nodes=1, seed=seed), LoopClock()) as (api, cluster):
        yield Recorded(api, cluster), cluster
