"""How long a start takes until it is accepted, at 50 a second: checked, committed with its lock, answered with 202.

The floor is a bare server in a process of its own that reads the same request and answers 202. Every start is for an
application of its own, on an agent that is registered but away: what the rollouts would do is not part of the figure.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import quantiles

import aiohttp
import msgspec

from libs.api.request import NewAgent, StartRequest
from libs.api.view import AgentCreated
from tests.bench import application
from tests.bench.installation import installation
from tests.bench.row import Row, row

RATE = 50
SECONDS = 6
AGENT = "away"
_FLOOR = """
from aiohttp import web
async def take(request):
    await request.json()
    return web.json_response({"id": "none"}, status=202)
app = web.Application()
app.add_routes([web.post("/api/v1/deployments", take)])
web.run_app(app, host="127.0.0.1", port=0, print=lambda text: print(text, flush=True))
"""

Send = Callable[[int], Awaitable[None]]


async def run() -> list[Row]:
    async with installation() as installed, aiohttp.ClientSession() as session:
        place = installed.client.place
        await installed.client.post("/agents", NewAgent(AGENT), AgentCreated)
        headers = {"Authorization": f"Bearer {place.token}", "Content-Type": "application/json"}
        await _paced(_sender(session, place.server, headers, "warm"), RATE)
        ours = await _paced(_sender(session, place.server, headers, "app"), RATE * SECONDS)
        floors = await _floor(session, headers)
    return [
        row(
            "start", f"p50 at {RATE}/s", _part(ours, 50), "ms", n=len(ours), floor=_part(floors, 50), goal="value <= 15"
        ),
        row(
            "start", f"p99 at {RATE}/s", _part(ours, 99), "ms", n=len(ours), floor=_part(floors, 99), goal="value <= 60"
        ),
    ]


async def _floor(session: aiohttp.ClientSession, headers: dict[str, str]) -> list[float]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _FLOOR, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        told = (await process.stdout.readline()).decode()
        server = told.split()[3]
        await _paced(_sender(session, server, headers, "warm"), RATE)
        return await _paced(_sender(session, server, headers, "app"), RATE * SECONDS)
    finally:
        process.kill()
        await process.wait()


def _sender(session: aiohttp.ClientSession, server: str, headers: dict[str, str], name: str) -> Send:
    async def send(number: int) -> None:
        config = application.deployment(f"{name}-{number}", AGENT)
        request = StartRequest(config=config, files={"app.yml": application.manifests(f"{name}-{number}", 1)})
        url, body = f"{server}/api/v1/deployments", msgspec.json.encode(request)
        async with session.post(url, data=body, headers=headers) as response:
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
