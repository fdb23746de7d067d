"""How does a sandbox start and stop? The composition: store, journal, cluster, simulator, API, and a socket if
one is wanted.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path
from random import Random

from msgspec import Struct

from libs.runtime.clock import Clock
from sandbox.api.http import listening
from sandbox.api.router import Api
from sandbox.kubeconfig import kubeconfig
from sandbox.seed import seed
from sandbox.simulation.simulator import Simulator
from sandbox.state.cluster import Cluster
from sandbox.state.journal import Journal
from sandbox.state.store import HISTORY, Store


class Options(Struct, frozen=True, kw_only=True):
    """Port 0 takes a free one; without a state folder everything is forgotten at the end."""

    port: int = 0
    nodes: int = 3
    seed: int = 0
    token: str = ""
    state_dir: Path | None = None
    history: int = HISTORY


class Sandbox(Struct, frozen=True):
    """A running sandbox. `api.handle` takes requests without a socket."""

    url: str
    kubeconfig: str
    api: Api
    cluster: Cluster


@asynccontextmanager
async def running(options: Options, clock: Clock) -> AsyncGenerator[tuple[Api, Cluster]]:
    """A cluster with its simulator, reachable by direct calls only."""
    with ExitStack() as stack:
        store = Store(options.history)
        if options.state_dir is not None:
            stack.enter_context(closing(Journal(options.state_dir, store)))
        # A restart must not hand out the same identifiers again.
        random = Random(f"{options.seed}:{store.revision}")
        cluster = Cluster(store, clock.now, random)
        seed(cluster, options.nodes)
        simulator = Simulator(cluster, clock, random)
        api = Api(cluster, simulator, clock)
        async with _meanwhile(simulator.run(), api.watches.run()):
            yield api, cluster


@asynccontextmanager
async def _meanwhile(*loops: Coroutine[None, None, None]) -> AsyncGenerator[None]:
    """Run endless loops beside the block; one that fails ends the block. A lone error is not wrapped in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            with _cancelled_after([group.create_task(loop) for loop in loops]):
                yield
    except BaseExceptionGroup as errors:
        if len(errors.exceptions) > 1:
            raise
        raise errors.exceptions[0] from errors.exceptions[0].__cause__


@contextmanager
def _cancelled_after(tasks: list[asyncio.Task[None]]) -> Iterator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def serve(options: Options, clock: Clock) -> AsyncGenerator[Sandbox]:
    """A cluster with its simulator and an HTTP server on loopback, while the block runs."""
    async with running(options, clock) as (api, cluster), listening(api, options.port, options.token) as port:
        url = f"http://127.0.0.1:{port}"
        yield Sandbox(url, kubeconfig(url, options.token), api, cluster)
