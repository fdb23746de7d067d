"""How long a ping takes from the bus to an agent and back.

The floor is a bare NATS request and a bare gRPC echo after it, over the same TLS and in processes placed alike. The two
are measured in turns.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import grpc
import grpc.aio
import nats

from libs.bus.connection import connect
from libs.bus.jetstream import JetStreamBus
from libs.link.bus import bus_link
from libs.link.port import Away, Link
from libs.messages.agent import Ask
from libs.runtime.clock import SystemClock, system_random
from sandbox.kubeconfig import kubeconfig
from tests.bench.roundtrip_child import ECHO, METHOD
from tests.bench.row import Row, row
from tests.integration.link.plane import AGENT, SECRET, TENANT
from tests.servers import nats_server

ROUNDS = 200
PINGS = 20
"""Few at a turn: what else this machine does falls on both alike."""
WARMING = 200
_PING = Ask("ping", 5000)
_BARE = b"x" * 40


async def run() -> list[Row]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-bench-")))
        server = await stack.enter_async_context(nats_server())
        ours = await _ours(stack, server.url, folder)
        bare = await _bare(stack, server.url, folder)
        await _measured(ours, WARMING)
        await _measured(bare, WARMING)
        values: list[float] = []
        floors: list[float] = []
        for _ in range(ROUNDS):
            values += await _measured(ours, PINGS)
            floors += await _measured(bare, PINGS)
    return [_row("p50", values, floors, 50), _row("p99", values, floors, 99)]


def _row(metric: str, values: list[float], floors: list[float], percent: int) -> Row:
    value, floor = (quantiles(times, n=100)[percent - 1] * 1000 for times in (values, floors))
    return row("roundtrip", metric, value, "ms", n=len(values), floor=floor, goal="ratio <= 2")


async def _measured(once: Callable[[], Awaitable[None]], times: int) -> list[float]:
    taken: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        await once()
        taken.append(time.perf_counter() - began)
    return taken


async def _ours(stack: AsyncExitStack, url: str, folder: Path) -> Callable[[], Awaitable[None]]:
    gateway = await stack.enter_async_context(_child("tests.bench.roundtrip_child", "gateway", url, str(folder)))
    path = folder / "kubeconfig"
    path.write_text(kubeconfig("http://127.0.0.1:9"))
    variables = {
        "FAIRLEAD_AGENT_GATEWAY": gateway["address"],
        "FAIRLEAD_AGENT_AUTHORITY": gateway["authority"],
        "FAIRLEAD_AGENT_TOKEN_URL": gateway["token_url"],
        "FAIRLEAD_AGENT_CLIENT_ID": AGENT,
        "FAIRLEAD_AGENT_CLIENT_SECRET": SECRET,
        "FAIRLEAD_AGENT_KUBECONFIG": str(path),
        "FAIRLEAD_HTTP_ADDRESS": "127.0.0.1:0",
    }
    await stack.enter_async_context(_process("agent", env={**os.environ, **variables}))
    connection = await stack.enter_async_context(connect([url], "asker", system_random()))
    link = await stack.enter_async_context(bus_link(JetStreamBus(connection), SystemClock()))
    await _until_connected(link)

    async def once() -> None:
        await link.ask(TENANT, AGENT, _PING)

    return once


async def _until_connected(link: Link) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await link.ask(TENANT, AGENT, _PING)
                return
            except Away:
                await asyncio.sleep(0.1)


async def _bare(stack: AsyncExitStack, url: str, folder: Path) -> Callable[[], Awaitable[None]]:
    echoes = await stack.enter_async_context(_child("tests.bench.roundtrip_child", "echoes", url, str(folder)))
    client = await nats.connect(url)
    stack.push_async_callback(client.close)
    channel = await stack.enter_async_context(grpc.aio.secure_channel(echoes["address"], _trusting(echoes)))
    call: Any = channel.stream_stream("/" + "/".join(METHOD))()

    async def once() -> None:
        await client.request(ECHO, _BARE, timeout=5)
        await call.write(_BARE)
        await call.read()

    return once


def _trusting(echoes: dict[str, str]) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(root_certificates=Path(echoes["authority"]).read_bytes())


@asynccontextmanager
async def _child(module: str, *arguments: str) -> AsyncIterator[dict[str, str]]:
    """A process that says in its first line where it is."""
    async with _process(module, *arguments) as child:
        assert child.stdout is not None
        yield json.loads(await child.stdout.readline())


@asynccontextmanager
async def _process(
    module: str, *arguments: str, env: dict[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, env=env, stdout=asyncio.subprocess.PIPE, stderr=2
    )
    try:
        yield child
    finally:
        child.kill()
        await child.wait()
