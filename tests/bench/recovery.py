"""How long work stands still when a process is killed without warning: gateway, executor, leader of three NATS nodes.

Each is killed several times, from the death to what a person would notice: a command that is answered, the next step
that changes the cluster, a start that is accepted. Whoever runs the processes starts them again at once.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median

from cli.exits import Stop
from libs.api.request import Decision, StartRequest
from libs.api.view import Accepted, Decided, DeploymentView
from libs.bus.connection import connect
from libs.bus.pull import STREAM
from libs.link.port import Link, NoAnswer
from libs.messages.agent import Ask
from libs.messages.subject import PARTITIONS, partition_of
from libs.runtime.clock import system_random
from tests.bench import application
from tests.bench.apart import TENANT, Apart, apart, linked, machine
from tests.bench.installation import CLUSTER, Installation, until
from tests.bench.row import Row, row
from tests.nats_cluster import NatsCluster
from tests.servers import nats_server

TURNS = 10 if os.environ.get("FULL") == "1" else 3
EXECUTORS = ("executor-1", "executor-2")
_ASK = Ask("ping", 1000)
_TRY_SECONDS = 3.0
_PAUSE_SECONDS = 0.05


async def run() -> list[Row]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(nats_server())
        where = await stack.enter_async_context(machine())
        services, running = await stack.enter_async_context(apart(where, server.url, executors=2))
        link = await stack.enter_async_context(linked(server.url))
        gateway = [await _gateway(services, link) for _ in range(TURNS)]
        await running.ask("POST", "/api/v1/namespaces", application.namespace(application.NAMESPACE))
        executor = [await _executor(services, running, f"app-{turn}") for turn in range(TURNS)]
    return [
        *_rows("gateway killed, next command", gateway, 15),
        *_rows("executor killed, next step", executor, 45),
        *_rows("NATS leader killed, next start", await _leaders(), 15),
    ]


def _rows(metric: str, took: list[float], most: int) -> list[Row]:
    return [
        row("recovery", f"{metric}, median", median(took), "s", n=len(took)),
        row("recovery", f"{metric}, longest", max(took), "s", n=len(took), goal=f"value <= {most}"),
    ]


async def _gateway(services: Apart, link: Link) -> float:
    await link.ask(TENANT, CLUSTER, _ASK)
    began = time.perf_counter()
    services.kill("gateway")
    services.start("gateway")
    return await _since(began, lambda: link.ask(TENANT, CLUSTER, _ASK))


async def _since(began: float, attempt: Callable[[], Awaitable[object]]) -> float:
    """Seconds until it succeeds: whoever asks asks again."""
    while True:
        try:
            async with asyncio.timeout(_TRY_SECONDS):
                await attempt()
            return time.perf_counter() - began
        except (NoAnswer, Stop, TimeoutError):
            await asyncio.sleep(_PAUSE_SECONDS)


async def _executor(services: Apart, running: Installation, name: str) -> float:
    """A canary waits for a person; its executor dies; the person says yes at once."""
    await running.deploy(name, 1)
    await running.ended(1)
    config, files = application.gated(name, CLUSTER), application.manifests(name, 2)
    request = StartRequest(config=config, files={"app.yml": files})
    id_ = (await running.client.post("/deployments", request, Accepted)).id
    await until(lambda: _waits(running, id_))
    holder, seen = _holder(services, name), len(running.published())
    began = time.perf_counter()
    services.kill(holder)
    services.start(holder)
    await running.client.post(f"/deployments/{id_}/approve", Decision(), Decided)
    await until(lambda: _has_stepped(running, name, seen))
    took = time.perf_counter() - began
    await running.ended(1)
    await until(lambda: _shared(services))
    return took


async def _waits(running: Installation, id_: str) -> bool:
    return bool((await running.client.get(f"/deployments/{id_}", DeploymentView)).awaiting)


async def _has_stepped(running: Installation, name: str, seen: int) -> bool:
    return any(one.is_write and one.application == name for one in running.published()[seen:])


def _holder(services: Apart, name: str) -> str:
    """Which executor has the application's partition, from what each says of itself."""
    partition = partition_of(TENANT, name, PARTITIONS)
    (found,) = (one for one in EXECUTORS if partition in _held(services, one))
    return found


def _held(services: Apart, executor: str) -> set[int]:
    held: set[int] = set()
    for line in services.log(executor).splitlines():
        told = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
        if told.get("event") == "partition_acquired":
            held.add(told["partition"])
        elif told.get("event") == "partition_released":
            held.discard(told["partition"])
    return held


async def _shared(services: Apart) -> bool:
    """Both work again, and nobody believes to have what the other has."""
    one, other = (_held(services, name) for name in EXECUTORS)
    return bool(one and other) and not one & other and len(one | other) == PARTITIONS


async def _leaders() -> list[float]:
    async with AsyncExitStack() as stack:
        where = await stack.enter_async_context(machine())
        nodes = await stack.enter_async_context(_nodes(where.layout.folder / "nats"))
        _, running = await stack.enter_async_context(apart(where, ",".join(nodes.urls), replicas=3))
        return [await _leader(nodes, running, turn) for turn in range(TURNS)]


async def _leader(nodes: NatsCluster, running: Installation, turn: int) -> float:
    number = await _leading(nodes.urls)
    attempts = iter(range(1000))
    began = time.perf_counter()
    nodes.kill_node(number)
    took = await _since(began, lambda: running.deploy(f"turn-{turn}-{next(attempts)}", 1))
    nodes.start_node(number)
    await until(lambda: _is_whole(nodes.urls))
    return took


async def _leading(urls: list[str]) -> int:
    async with connect(urls, "bench", system_random()) as connection:
        stream = await connection.ask(f"STREAM.INFO.{STREAM}", {}, dict)
    return int(stream["cluster"]["leader"].removeprefix("n"))


async def _is_whole(urls: list[str]) -> bool:
    """Every copy of the stream has caught up."""
    async with connect(urls, "bench", system_random()) as connection:
        stream = await connection.ask(f"STREAM.INFO.{STREAM}", {}, dict)
    return bool(stream["cluster"].get("leader")) and all(one["current"] for one in stream["cluster"]["replicas"])


@asynccontextmanager
async def _nodes(folder: Path) -> AsyncIterator[NatsCluster]:
    nodes = NatsCluster(folder)
    try:
        await nodes.start()
        yield nodes
    finally:
        nodes.kill()
