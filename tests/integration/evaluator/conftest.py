"""A real Prometheus with known values, or the reason why there is none."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.runtime.clock import SystemClock
from libs.runtime.port import free_port
from tests.clock import VirtualClock
from tests.integration.conftest import Open, memory_ports
from tests.prometheus import programs_here, ready
from tools.prometheus import Sample, Server

MINUTES = (0.01, 0.02, 0.063)
"""What `errors` is in each minute after the virtual clock's start."""


@pytest.fixture
def memory() -> Open:
    """Ports in memory, for what does not reach them."""
    return memory_ports


@pytest.fixture(scope="session")
def programs() -> Path:
    return programs_here()


@pytest.fixture(scope="module")
def prometheus(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(programs, tmp_path_factory.mktemp("prometheus"), free_port())
    server.fill(_minutes(VirtualClock().now().timestamp()))
    server.fill(_steady(SystemClock().now().timestamp()))
    server.start()
    asyncio.run(ready(server))
    yield server
    server.kill()


def _minutes(start: float) -> list[Sample]:
    """Only the new version's errors say in which minute they were."""
    new = [
        Sample('errors{version="web-new"}', value, start + 60 * minute + second)
        for minute, value in enumerate(MINUTES)
        for second in (15, 30, 45, 60)
    ]
    old = [Sample('errors{version="web-old"}', 0.9, start + second) for second in range(0, 240, 15)]
    stuck = [Sample("stuck", MINUTES[0], start + second) for second in (15, 30, 45, 60)]
    return [*new, *old, *stuck]


def _steady(now: float) -> list[Sample]:
    """Values that are the same for hours around the present."""
    instants = range(int(now) - 3600, int(now) + 3600, 15)
    return [
        Sample(series, value, instant)
        for series, value in (('share{pod="a"}', 0.25), ('share{pod="b"}', 0.5), ("zero", 0.0))
        for instant in instants
    ]
