"""One cluster and one installation for each worker process; a namespace, an application and a folder for each test."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from cli.local.plan import Outside
from libs.runtime.nats_server import NatsServer
from tests.cluster.rights import grant
from tests.cluster.stage import Ground, Stage
from tests.e2e.plane import Plane
from tools.kubernetes.cluster import Cluster
from tools.kubernetes.cluster import cluster as a_cluster
from tools.kubernetes.programs import can_be_had, find
from tools.kubernetes.recipe import Missing

_numbers = count(1)


@pytest.fixture(scope="session")
def programs() -> Path:
    """A machine that cannot have them leaves these tests out; one that can may not where every tier must run."""
    try:
        return find()
    except Missing as missing:
        if os.environ.get("CI") == "true" and can_be_had():
            pytest.fail(f"there is no Kubernetes: {missing}")
        pytest.skip(f"there is no Kubernetes: {missing}")


# One loop for all of the session: what is still closing when a fixture or a test has ended is closed in peace.
_once = pytest_asyncio.fixture(scope="session", loop_scope="session")
staged = pytest_asyncio.fixture(loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@_once
async def cluster(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    running = Cluster(programs, tmp_path_factory.mktemp("kubernetes"))
    try:
        await running.start()
        yield running
    finally:
        running.stop()


@_once
async def ground(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """Everything is started once: a release in one namespace is nothing to the next."""
    async with grounded(cluster, tmp_path_factory.mktemp("fairlead")) as found:
        yield found


@asynccontextmanager
async def grounded(cluster: Cluster, folder: Path) -> AsyncIterator[Ground]:
    """An installation beside a cluster."""
    kubeconfig = await grant(cluster, folder)
    nats = NatsServer(folder / "nats")
    await nats.start()
    plane = Plane(folder / "state", nats, Outside(kubeconfig, "test", ("*",)))
    try:
        await plane.start_together()
        yield Ground(cluster, plane)
    finally:
        plane.kill_all()
        nats.kill()


@staged
async def stage(ground: Ground, tmp_path: Path) -> Stage:
    return await _set(ground, tmp_path)


@staged
async def another(ground: Ground, tmp_path: Path) -> Stage:
    """For what must not be mixed with the first."""
    return await _set(ground, tmp_path)


@staged
async def lone(programs: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """On a cluster of its own, for what no other test may live through."""
    async with a_cluster(programs, tmp_path / "kubernetes") as running, grounded(running, tmp_path) as found:
        yield await _set(found, tmp_path)


async def _set(ground: Ground, folder: Path) -> Stage:
    found = Stage(ground, f"shop-{next(_numbers)}", folder)
    await found.make_namespace()
    return found
