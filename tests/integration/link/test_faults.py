"""What an asker sees while the parts of the way die, stall and come back."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from agent.__main__ import serve as serve_agent
from libs.bus.jetstream import JetStreamBus
from libs.link.bus import BusLink
from libs.link.port import Away, Lost
from libs.messages.agent import Ask
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.port import free_port
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from sandbox.kubeconfig import kubeconfig as kubeconfig_for
from sandbox.server import Sandbox
from tests.integration.link.plane import (
    AGENT,
    TENANT,
    Plane,
    a_process,
    agent_process,
    agent_up,
    agent_up_later,
    gateway_up,
    link_to,
    linked,
    plane,
    running,
)
from tests.integration.link.proxy import Proxy, proxied
from tests.servers import nats_connection, nats_server
from tests.waiting import eventually

PING = Ask("ping", 3000)
LIST = Ask("request", 20_000, path="/api/v1/namespaces")
QUICK = {"gateway_ping_seconds": 0.2, "gateway_dead_seconds": 0.8}


@pytest.fixture
async def stalling(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[tuple[Proxy, Path]]:
    """A way to the cluster that can be stalled, and its kubeconfig."""
    async with proxied(sandbox.url.removeprefix("http://")) as proxy:
        path = tmp_path / "stalling"
        path.write_text(kubeconfig_for(f"http://{proxy.address}"))
        yield proxy, path


async def answers(link: BusLink) -> bool:
    try:
        return (await link.ask(TENANT, AGENT, PING)).status == 200
    except (Away, Lost):
        return False


async def is_away(link: BusLink) -> bool:
    try:
        await link.ask(TENANT, AGENT, PING)
    except Away:
        return True
    except Lost:
        pass
    return False


async def test_agent_killed_midway_loses_answer(the_plane: Plane, stalling: tuple[Proxy, Path]) -> None:
    proxy, path = stalling
    async with gateway_up(the_plane), agent_process(the_plane.agent(path)) as agent, link_to(the_plane) as link:
        await eventually(lambda: answers(link))
        proxy.stall()
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            losing = group.create_task(_loses(link))
            await proxy.held.wait()
            agent.kill()
            await losing
        assert await is_away(link)


async def test_stopped_agent_is_noticed(the_plane: Plane, kubeconfig: Path) -> None:
    async with (
        gateway_up(the_plane, **QUICK),
        agent_process(the_plane.agent(kubeconfig)) as agent,
        link_to(the_plane) as link,
    ):
        await eventually(lambda: answers(link))
        agent.send_signal(signal.SIGSTOP)
        await eventually(lambda: is_away(link))
        agent.send_signal(signal.SIGCONT)
        await eventually(lambda: answers(link))


async def test_half_open_stream_is_replaced(the_plane: Plane, kubeconfig: Path) -> None:
    async with (
        gateway_up(the_plane, **QUICK),
        proxied(the_plane.address) as proxy,
        link_to(the_plane) as link,
        agent_up(the_plane.agent(kubeconfig, agent_gateway=proxy.address)),
    ):
        await eventually(lambda: answers(link))
        proxy.stall()
        await eventually(lambda: is_away(link))
        proxy.flow()
        await eventually(lambda: answers(link))


async def test_agent_returns_to_restarted_gateway(the_plane: Plane, kubeconfig: Path) -> None:
    async with link_to(the_plane) as link:
        gateway = gateway_up(the_plane)
        await gateway.__aenter__()
        async with agent_up(the_plane.agent(kubeconfig)):
            await eventually(lambda: answers(link))
            await gateway.__aexit__(None, None, None)
            assert await is_away(link)
            async with gateway_up(the_plane):
                await eventually(lambda: answers(link))


async def test_agent_fetches_a_token_that_counts(the_plane: Plane, kubeconfig: Path) -> None:
    async with agent_up_later(the_plane, kubeconfig), link_to(the_plane) as link:
        async with gateway_up(the_plane):
            await eventually(lambda: answers(link))
        the_plane.issuer.revoke()
        async with gateway_up(the_plane):
            await eventually(lambda: answers(link))


async def test_stopping_gateway_finishes_answers(the_plane: Plane, stalling: tuple[Proxy, Path]) -> None:
    proxy, path = stalling
    async with agent_up_later(the_plane, path), link_to(the_plane) as link, asyncio.TaskGroup() as group:
        async with gateway_up(the_plane):
            await eventually(lambda: answers(link))
            proxy.stall()
            asking = group.create_task(link.ask(TENANT, AGENT, LIST))
            await proxy.held.wait()
            group.create_task(_flow_when_away(link, proxy))
        assert (await asking).status == 200


async def test_stopping_agent_finishes_answers(the_plane: Plane, stalling: tuple[Proxy, Path]) -> None:
    proxy, path = stalling
    async with gateway_up(the_plane), link_to(the_plane) as link, asyncio.TaskGroup() as group:
        async with agent_up(the_plane.agent(path)):
            proxy.stall()
            asking = group.create_task(link.ask(TENANT, AGENT, LIST))
            await proxy.held.wait()
            group.create_task(_flow_when_away(link, proxy))
        assert (await asking).status == 200


async def test_replica_takes_over(the_plane: Plane, kubeconfig: Path) -> None:
    settings = the_plane.agent(kubeconfig)
    async with gateway_up(the_plane), agent_up(settings), link_to(the_plane) as link:
        async with agent_up(settings):
            for _ in range(8):
                assert (await link.ask(TENANT, AGENT, PING)).status == 200
        for _ in range(8):
            assert (await link.ask(TENANT, AGENT, PING)).status == 200


async def test_other_gateway_takes_over(the_plane: Plane, kubeconfig: Path) -> None:
    other = f"127.0.0.1:{free_port()}"
    async with gateway_up(the_plane, gateway_address=other), agent_up(the_plane.agent(kubeconfig, agent_gateway=other)):
        async with linked(the_plane, kubeconfig) as link:
            assert [await answers(link) for _ in range(8)] == [True] * 8
        async with link_to(the_plane) as link:
            assert [await answers(link) for _ in range(8)] == [True] * 8


async def test_restarted_bus_is_picked_up(kubeconfig: Path, tmp_path: Path) -> None:
    async with nats_server() as server, nats_connection(server) as connection:
        await prepare(connection)
        store = JetStreamStore(connection, Seal(b"k" * 32, system_random()), system_random())
        async with (
            plane(tmp_path, (JetStreamBus(connection), store)) as the_plane,
            linked(the_plane, kubeconfig) as link,
        ):
            await eventually(lambda: answers(link))
            server.kill()
            await server.start()
            await eventually(lambda: answers(link))


class DayOff(SystemClock):
    """A machine whose date is wrong."""

    def __init__(self, days: int) -> None:
        self._days = days

    def now(self) -> datetime:
        return super().now() + timedelta(days=self._days)


@pytest.mark.parametrize("days", [-1, 1])
async def test_agent_whose_date_is_wrong_answers(the_plane: Plane, kubeconfig: Path, days: int) -> None:
    process = structs.replace(a_process("agent"), clock=DayOff(days))
    async with (
        gateway_up(the_plane),
        running(serve_agent(the_plane.agent(kubeconfig), process)),
        link_to(the_plane) as link,
    ):
        await eventually(lambda: answers(link))
        assert (await link.ask(TENANT, AGENT, LIST)).status == 200


async def test_other_tenant_finds_nobody(the_plane: Plane, kubeconfig: Path) -> None:
    async with linked(the_plane, kubeconfig) as link:
        with pytest.raises(Away):
            await link.ask("other", AGENT, PING)


async def _loses(link: BusLink) -> None:
    with pytest.raises(Lost):
        await link.ask(TENANT, AGENT, LIST)


async def _flow_when_away(link: BusLink, proxy: Proxy) -> None:
    """Nothing new is taken any more, and what is open still is answered."""
    await eventually(lambda: is_away(link))
    proxy.flow()
