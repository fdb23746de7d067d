"""The cluster that releases go to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox.server import Options, running
from sandbox.state.cluster import Cluster
from tests.integration.crash.cluster import Recorded
from tests.integration.crash.skipping import LoopClock


@asynccontextmanager
async def sandboxes(seed: int) -> AsyncIterator[tuple[Recorded, Cluster]]:
    async with running(Options(nodes=1, seed=seed), LoopClock()) as (api, cluster):
        yield Recorded(api, cluster), cluster
