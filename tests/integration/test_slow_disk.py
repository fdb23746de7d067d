"""NATS on a disk that lets few writes through a second: work is slower, and goes to nobody else for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from libs.runtime.nats_server import NatsServer
from tests.integration.counting import everything_done, judge, ports, process, send
from tests.slow_disk import CannotBeSlow, SlowDisk, slow_disk

WRITES_A_SECOND = 20
STEPS = 4
LEASE_SECONDS = 10


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SlowDisk]:
    try:
        with slow_disk(tmp_path, WRITES_A_SECOND) as found:
            yield found
    except CannotBeSlow as error:
        pytest.skip(str(error))


@pytest.fixture
async def server(disk: SlowDisk) -> AsyncIterator[NatsServer]:
    server = NatsServer(disk.folder / "nats")
    await server.start()
    yield server
    server.kill()


@pytest.mark.timeout(180)
async def test_partitions_stay_where_they_are(disk: SlowDisk, server: NatsServer) -> None:
    async with ports([server.url]) as own, asyncio.TaskGroup() as group:
        running = [group.create_task(process([server.url], name, lease_seconds=LEASE_SECONDS)) for name in ("a", "b")]
        await send(own, 0)
        await everything_done(own, 1)
        assert server.pid is not None
        disk.hold_up(server.pid)
        with capture_logs() as lines:
            for step in range(1, STEPS):
                await send(own, step)
            await everything_done(own, STEPS)
        for task in running:
            task.cancel()
        await judge(own, STEPS)
    assert [line for line in lines if line["event"] in {"partition_released", "partition_acquired"}] == []
