"""A plane on the bus's twin, and a sandbox for the agents to work on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.runtime.clock import SystemClock
from sandbox.server import Options, Sandbox, serve
from tests.integration.link.plane import Plane, plane


@pytest.fixture
async def the_plane(tmp_path: Path) -> AsyncIterator[Plane]:
    async with plane(tmp_path) as ready:
        yield ready


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with serve(Options(nodes=1), SystemClock()) as cluster:
        yield cluster


@pytest.fixture
def kubeconfig(sandbox: Sandbox, tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(sandbox.kubeconfig)
    return path
