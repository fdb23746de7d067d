"""Following over a server that goes away: a person is told, and told again when it is back."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cli.deploying import follow
from cli.deploying.follow import Follow
from cli.exits import Exit, Stop
from cli.login.access import Access, Held
from cli.options import Options
from cli.output import Output
from cli.server.client import connected
from libs.deployment.state import Phase
from libs.messages.deployment import DeploymentSucceeded
from libs.runtime.port import free_port
from tests.builders import a_deployment
from tests.integration.conftest import Open
from tests.integration.intake.test_cli import Wire
from tests.integration.intake.world import World, place_of, world


@asynccontextmanager
async def reached_over(w: World, port: int) -> AsyncIterator[Wire]:
    wire = Wire(int(w.url.rpartition(":")[2]))
    async with await asyncio.start_server(wire.carry, "127.0.0.1", port):
        yield wire
        wire.cut()


async def test_absence_is_told_once(memory: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "AWAY_SECONDS", 0.05)
    said: asyncio.Queue[str] = asyncio.Queue()
    async with memory() as p, world(p.store, p.bus) as w:
        deployment, port = await w.start(), free_port()
        options = Options(server=f"http://127.0.0.1:{port}", token=w.token())
        output = Output(options, io.StringIO(), io.StringIO())
        async with connected(options, output) as client, asyncio.timeout(20), asyncio.TaskGroup() as group:
            following = Follow(client, deployment, say=said.put_nowait)

            async def read() -> list[str]:
                return [frame.event async for frame in following.frames()]

            reading = group.create_task(read())
            assert await said.get() == "the server is away; trying again"
            async with reached_over(w, port):
                assert await said.get() == "the server is back"
                done = a_deployment(phase=Phase.SUCCEEDED)
                await w.commits(place_of(deployment), done, DeploymentSucceeded())
                frames = await reading
        assert (frames[-1], said.empty()) == ("end", True)


async def test_new_token_follows_on(memory: Open) -> None:
    """A pause may outlive the token that somebody began to follow with."""
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        await w.commits(place_of(deployment), a_deployment(phase=Phase.SUCCEEDED), DeploymentSucceeded())

        async def renew() -> Held:
            return Held(w.token())

        options = Options(server=w.url, token="unused")
        async with connected(options, Output(options, io.StringIO(), io.StringIO())) as client, asyncio.timeout(20):
            client.access = Access(Held(w.token(seconds=-100)), renew)
            assert [frame.event async for frame in Follow(client, deployment, "0").frames()][-1] == "end"


async def test_token_that_nobody_renews_ends_it(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        options = Options(server=w.url, token=w.token(seconds=-100))
        async with connected(options, Output(options, io.StringIO(), io.StringIO())) as client, asyncio.timeout(20):
            with pytest.raises(Stop) as stop:
                _ = [frame async for frame in Follow(client, deployment).frames()]
        assert stop.value.code == Exit.NOT_ALLOWED
