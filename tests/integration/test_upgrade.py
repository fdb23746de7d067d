"""A cluster of three NATS nodes becomes the next release, node by node, while orders are followed."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from libs.bus.connection import Connection, connect
from libs.durable.partitions import Ports
from libs.durable.ports import Unavailable
from libs.durable.record import Timer
from libs.durable.writes import wake_up
from libs.messages.subject import due_subject, token
from libs.runtime.clock import system_random
from libs.runtime.nats_server import executable
from tests.integration.counting import KEYS, everything_done, judge, ports, process, send
from tests.nats_cluster import NODES, NatsCluster
from tests.waiting import eventually
from tools.older_nats import Missing, find

PROCESSES = ("a", "b")
TIMER = ("rollout", KEYS[0], "late", Timer(1, 0))
DUE = due_subject("rollout", token("late"), KEYS[0], 1)
TIMER_SECONDS = 20


@pytest.fixture(scope="module")
def older() -> Path:
    """A machine that cannot have it leaves these tests out; where every test must run, one is had or this fails."""
    try:
        return find()
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@asynccontextmanager
async def cluster(folder: Path, program: Path) -> AsyncIterator[NatsCluster]:
    nodes = NatsCluster(folder, program)
    try:
        await nodes.start()
        yield nodes
    finally:
        nodes.kill()


@pytest.mark.timeout(180)
async def test_nothing_is_lost_or_repeated_while_nodes_are_upgraded(tmp_path: Path, older: Path) -> None:
    async with cluster(tmp_path, older) as nodes, ports(nodes.urls, NODES) as own:
        before = await versions(nodes)
        await own.store.commit([wake_up(*TIMER, own.clock.now() + timedelta(seconds=TIMER_SECONDS))])
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(process(nodes.urls, name, NODES)) for name in PROCESSES]
            upgrading = group.create_task(_upgraded(nodes))
            steps = await _sent_until(own, upgrading)
            await everything_done(own, steps)
            async with asyncio.timeout(TIMER_SECONDS + 30):
                await anext(own.bus.follow([DUE], after=0))
            for task in running:
                task.cancel()
        await judge(own, steps)
        fired = [stored async for stored in own.store.history([DUE])]
        assert len(fired) == 1
        assert before.isdisjoint(await versions(nodes)), "every node is another release now"


async def _sent_until(own: Ports, upgrading: asyncio.Task[None]) -> int:
    """How many orders each machine was given."""
    steps = 0
    while not upgrading.done():
        await send(own, steps)
        steps += 1
        await own.clock.sleep(0.2)
    return steps


async def _upgraded(nodes: NatsCluster) -> None:
    """One node after the other, each once the one before has everything."""
    for number in range(NODES):
        nodes.upgrade_node(number, executable())
        await eventually(lambda: _is_whole(nodes), 60)


async def _is_whole(nodes: NatsCluster) -> bool:
    async with connect(nodes.urls, "operator", system_random()) as connection:
        return all([await _is_replicated(connection, stream) for stream in ("FAIRLEAD", "KV_lease", "KV_config")])


async def _is_replicated(connection: Connection, stream: str) -> bool:
    try:
        told = (await connection.ask(f"STREAM.INFO.{stream}", {}, dict))["cluster"]
    except Unavailable:
        return False
    replicas = told.get("replicas") or []
    return len(replicas) == NODES - 1 and all(one["current"] and not one.get("offline") for one in replicas)


async def versions(nodes: NatsCluster) -> set[str]:
    found = set()
    for url in nodes.urls:
        async with connect([url], "operator", system_random()) as connection:
            found.add(str(connection.client.connected_server_version))
    return found
