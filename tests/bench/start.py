"""How long a start takes until it is accepted, at 50 a second: checked, committed with its lock, answered with 202.

Intake is a process of its own, as in production, and nobody plans or executes: every start is for an application of its
own. The floor does the same durable write on the same server with the bare parts. Load comes from this process.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import quantiles

import aiohttp
import msgspec

from libs.api.request import StartRequest
from tests.bench import application
from tests.bench.door import door
from tests.bench.row import Row, row

RATE = 50
TURNS = 8
"""Of a second each, ours and the floor's by turns: what else the machine does slows both alike."""
AGENT = "away"

Send = Callable[[int], Awaitable[None]]


async def run() -> list[Row]:
    async with door(AGENT) as opened, _floor(opened.nats) as bare, aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {opened.token}", "Content-Type": "application/json"}
        ours, floors = list[float](), list[float]()
        for turn in range(-1, TURNS):
            for server, took in ((opened.server, ours), (bare, floors)):
                found = await _paced(_sender(session, server, headers, f"turn{turn}"), RATE)
                took += found if turn >= 0 else []
    return [
        row(
            "start", f"p50 at {RATE}/s", _part(ours, 50), "ms", n=len(ours), floor=_part(floors, 50), goal="value <= 15"
        ),
        row(
            "start", f"p99 at {RATE}/s", _part(ours, 99), "ms", n=len(ours), floor=_part(floors, 99), goal="value <= 60"
        ),
    ]


@asynccontextmanager
async def _floor(nats: str) -> AsyncIterator[str]:
    """Its address."""
    command = (sys.executable, "-m", "tests.bench.start_floor", nats)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().split()[3]
    finally:
        process.kill()
        await process.wait()


def _sender(session: aiohttp.ClientSession, server: str, headers: dict[str, str], name: str) -> Send:
    async def send(number: int) -> None:
        config = application.deployment(f"{name}-{number}", AGENT)
        request = StartRequest(config=config, files={"app.yml": application.manifests(f"{name}-{number}", 1)})
        url, body = f"{server}/api/v1/deployments", msgspec.json.encode(request)
        keyed = {**headers, "Idempotency-Key": f"{name}-{number}"}
        async with session.post(url, data=body, headers=keyed) as response:
            if response.status != 202:
                raise AssertionError(await response.text())
            await response.read()

    return send


async def _paced(send: Send, count: int) -> list[float]:
    """Begun at a steady pace, whether or not the ones before have been answered."""
    loop, took = asyncio.get_running_loop(), list[float]()

    async def one(number: int) -> None:
        began = time.perf_counter()
        await send(number)
        took.append((time.perf_counter() - began) * 1000)

    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / RATE - loop.time()))
            group.create_task(one(number), name=f"start {number}")
    return took


def _part(took: list[float], percent: int) -> float:
    return quantiles(took, n=100)[percent - 1]
