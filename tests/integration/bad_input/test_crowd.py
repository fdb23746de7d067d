"""BI-168: many who say nothing and many who send much at once; whoever asks for health still gets an answer."""

import asyncio

import aiohttp

from tests.integration.bad_input.background import Background
from tests.integration.bad_input.standing import Standing
from tests.integration.intake.world import World

IDLE = 200
POSTS = 50
LARGE = b'{"config": "' + b"# " * 256 * 1024 + b'"}'


def test_crowd_leaves_the_server_alive(background: Background, standing: Standing) -> None:
    with standing.world() as w:
        background.do(crowded(w))


async def crowded(w: World) -> None:
    host, _, port = w.url.removeprefix("http://").rpartition(":")
    idle = await asyncio.gather(*(asyncio.open_connection(host, int(port)) for _ in range(IDLE)))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session, asyncio.timeout(60):
        posting = [asyncio.create_task(posted(session, w)) for _ in range(POSTS)]
        while not all(task.done() for task in posting):
            assert await health(session, w) == 200
        assert set(await asyncio.gather(*posting)) <= {422, 429, 503}
    for _, writer in idle:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in idle))


async def posted(session: aiohttp.ClientSession, w: World) -> int:
    headers = {"Authorization": f"Bearer {w.token()}", "Content-Type": "application/json"}
    async with session.post(f"{w.url}/api/v1/deployments", data=LARGE, headers=headers) as response:
        return response.status


async def health(session: aiohttp.ClientSession, w: World) -> int:
    async with session.get(f"{w.url}/healthz", timeout=aiohttp.ClientTimeout(total=10)) as response:
        return response.status
