"""Thousands of agents on one gateway: what a stream costs, how fast they come, and come back, and what commands feel.

The agents are the agent's own code without a cluster, in processes beside. The floor is a bare gRPC server with as many
streams, each on its own connection, over the same TLS and dialled from as many processes.
"""

import asyncio
import itertools
import json
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from statistics import quantiles

from msgspec import Struct

from libs.auth.principal import Kind
from libs.auth.signing import issue
from libs.auth.tokens import Claims
from libs.bus.connection import connect
from libs.link.port import Link, NoAnswer
from libs.messages.agent import Ask
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.sealing import sealing_key
from libs.runtime.settings import ProcessSettings
from libs.store.jetstream import JetStreamStore
from libs.store.seal import Seal
from services.identity.keys import Keys
from tests.bench import application
from tests.bench.apart import TENANT, Apart, apart, linked, machine
from tests.bench.installation import CLUSTER, Installation
from tests.bench.memory import resident
from tests.bench.row import Row, row
from tests.servers import nats_server

STREAMS = 10_000 if os.environ.get("FULL") == "1" else 2_000
CROWDS = 2
"""Processes that hold the agents."""
DEPLOYMENTS = 100
STARTS = 50
"""How many are handed in at once: a door takes no more than 64."""
FIRST = 20
"""Streams before anything is compared: what the first of them bring about is no cost of a stream."""
STARTS_A_SECOND, PAUSE_SECONDS = 5, 15
"""Of deployments that are under way together: each pauses twice."""
PINGS_A_SECOND = 50
IDLE_SECONDS = 20
PATIENCE_SECONDS = 300.0
_PING = Ask("ping", 20_000)
_CLOCK = SystemClock()


class Crowd(Struct, frozen=True):
    """Streams that a process holds."""

    process: asyncio.subprocess.Process
    size: int

    async def connected(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n")
        return int(await self.process.stdout.readline())


class Came(Struct, frozen=True):
    """A crowd that has come."""

    seconds: float
    kibibytes: float
    """Of the server, for each stream."""


async def run() -> list[Row]:
    _many_files()
    floor = await _floor()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(nats_server())
        where = await stack.enter_async_context(machine())
        services, running = await stack.enter_async_context(apart(where, server.url))
        link = await stack.enter_async_context(linked(server.url))
        tokens = await _tokens(services, server.url)
        came, crowds = await _arrived(stack, services.pid("gateway"), lambda part: _agents(services, tokens, part))
        idle = await _pinged(link, lambda seconds: seconds < IDLE_SECONDS)
        await running.ask("POST", "/api/v1/namespaces", application.namespace(application.NAMESPACE))
        await _burst(running, 1)
        under_way = await _while(_spread(running, 2), link)
        at_once = await _while(_burst(running, 3), link)
        back = await _back(services, crowds)
    return [
        row("streams", "memory each", came.kibibytes, "KiB", n=STREAMS, floor=floor.kibibytes, goal="ratio <= 1.3"),
        row("streams", "admitted", STREAMS / came.seconds, "1/s", n=STREAMS, floor=STREAMS / floor.seconds),
        row("streams", "all back after kill", back, "s", n=STREAMS, goal="value <= 60"),
        row("streams", "command p50, idle", _part(idle, 50), "ms", n=len(idle)),
        row("streams", "command p99, idle", _part(idle, 99), "ms", n=len(idle)),
        row(
            "streams", f"command p99, {DEPLOYMENTS} deployments under way", _part(under_way, 99), "ms",
            n=len(under_way), floor=_part(idle, 99), goal="ratio <= 4",
        ),
        row(
            "streams", f"command p99, {DEPLOYMENTS} deployments at once", _part(at_once, 99), "ms", n=len(at_once),
            floor=_part(idle, 99),
        ),
    ]  # fmt: skip


def _many_files() -> None:
    """Each stream is a file; children inherit this process's limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = STREAMS + 2000
    if hard not in (resource.RLIM_INFINITY,) and hard < wanted:
        raise AssertionError(f"{STREAMS} streams need {wanted} open files, and this machine allows {hard}: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


async def _floor() -> Came:
    async with AsyncExitStack() as stack:
        where = await stack.enter_async_context(machine())
        child = await stack.enter_async_context(_child("server", str(where.layout.folder)))
        assert child.stdout is not None
        told = json.loads(await child.stdout.readline())
        came, _ = await _arrived(
            stack, child.pid, lambda part: ("bare", told["address"], told["authority"], str(len(part)))
        )
        return came


async def _arrived(
    stack: AsyncExitStack, server: int, arguments: Callable[[range], tuple[str, ...]]
) -> tuple[Came, list[Crowd]]:
    """Start the crowds, the few first ones before the rest."""
    first = await stack.enter_async_context(_crowd(range(FIRST), arguments))
    await _all([first])
    before, numbers = resident(server), itertools.pairwise(range(FIRST, STREAMS + FIRST + 1, STREAMS // CROWDS))
    began = time.perf_counter()
    crowds = [await stack.enter_async_context(_crowd(range(start, end), arguments)) for start, end in numbers]
    seconds = await _all(crowds, began)
    return Came(seconds, (resident(server) - before) * 1024 / STREAMS), crowds


async def _all(crowds: list[Crowd], began: float | None = None) -> float:
    """Seconds until everybody is connected."""
    begun = began or time.perf_counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await _connected(crowds) < sum(crowd.size for crowd in crowds):  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.1)
    return time.perf_counter() - begun


async def _connected(crowds: list[Crowd]) -> int:
    return sum([await crowd.connected() for crowd in crowds])


@asynccontextmanager
async def _crowd(part: range, arguments: Callable[[range], tuple[str, ...]]) -> AsyncIterator[Crowd]:
    async with _child(*arguments(part)) as process:
        yield Crowd(process, len(part))


@asynccontextmanager
async def _child(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.streams_child", *arguments,
        env={**os.environ, "GRPC_VERBOSITY": "NONE"}, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _agents(services: Apart, tokens: list[str], part: range) -> tuple[str, ...]:
    folder = services.machine.layout.folder
    path = folder / f"tokens-{part.start}"
    path.write_text("\n".join(tokens[part.start : part.stop]))
    return "agents", services.gateway, str(folder / "certificates" / "ca.pem"), str(path)


async def _tokens(services: Apart, nats: str) -> list[str]:
    """One for each agent, signed with the installation's own key."""
    settings = ProcessSettings(state_dir=services.machine.layout.folder)
    seal = Seal(sealing_key(settings, system_random()), system_random())
    async with connect([nats], "bench", system_random()) as connection:
        keys = Keys(JetStreamStore(connection, seal, system_random()), seal, _CLOCK, timedelta(days=90))
        await keys.refresh()
    now = int(_CLOCK.now().timestamp())
    return [
        issue(
            keys.signing(),
            Claims(
                iss=services.issuer, sub=_name(number), aud=settings.audience, iat=now, exp=now + 3600,
                tenant=TENANT, kind=Kind.AGENT, roles=["agent"], agent=_name(number),
            ),
        )
        for number in range(STREAMS + FIRST)
    ]  # fmt: skip


def _name(number: int) -> str:
    return f"crowd-{number}"


async def _pinged(link: Link, goes_on: Callable[[float], bool]) -> list[float]:
    """Milliseconds of commands to one agent after another, begun at a steady pace while `goes_on(seconds)`."""
    took, began = list[float](), time.perf_counter()

    async def once(number: int) -> None:
        sent = time.perf_counter()
        await _answered(link, _name(FIRST + number * 7919 % STREAMS))
        took.append((time.perf_counter() - sent) * 1000)

    async with asyncio.TaskGroup() as group:
        for number in itertools.count():
            await asyncio.sleep(max(0.0, began + number / PINGS_A_SECOND - time.perf_counter()))
            if not goes_on(time.perf_counter() - began):
                break
            group.create_task(once(number))
    return took


async def _answered(link: Link, agent: str) -> None:
    """Whoever asks for something asks again: an agent that is between two streams costs time."""
    while True:
        try:
            await link.ask(TENANT, agent, _PING)
            return
        except NoAnswer:
            await asyncio.sleep(0.05)


async def _while(releasing: Coroutine[None, None, None], link: Link) -> list[float]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(releasing)
        return await _pinged(link, lambda _: not task.done())


async def _spread(running: Installation, version: int) -> None:
    """Hand in one after the other, at a pace at which all are under way before the first has ended."""
    for number in range(DEPLOYMENTS):
        name = f"app-{number}"
        await running.deploy(name, version, application.unhurried(name, CLUSTER, PAUSE_SECONDS))
        await asyncio.sleep(1 / STARTS_A_SECOND)
    await running.ended(DEPLOYMENTS)


async def _burst(running: Installation, version: int) -> None:
    """Hand all in, and let none of them wait for anything but the machine."""
    places = asyncio.Semaphore(STARTS)

    async def start(number: int) -> None:
        async with places:
            await running.deploy(f"app-{number}", version)

    async with asyncio.TaskGroup() as group:
        for number in range(DEPLOYMENTS):
            group.create_task(start(number))
    await running.ended(DEPLOYMENTS)


async def _back(services: Apart, crowds: list[Crowd]) -> float:
    """Seconds from the gateway's death, which is started again at once, until every agent is back."""
    began = time.perf_counter()
    services.kill("gateway")
    await _all_gone(crowds)
    services.start("gateway")
    return await _all(crowds, began)


async def _all_gone(crowds: list[Crowd]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await _connected(crowds):  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.1)


def _part(took: list[float], percent: int) -> float:
    return quantiles(took, n=100)[percent - 1]
