"""Getting to a provider and back: through a real agent, and past what answers badly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.config.model import MetricProvider
from libs.durable.partitions import Ports
from libs.egress.addresses import LOOPBACK, networks
from libs.egress.client import client
from libs.link.bus import bus_link
from libs.messages.analysis import AnalysisHindered, AnalysisPassed
from libs.runtime.clock import SystemClock
from libs.runtime.port import free_port
from libs.spec.model import Query
from sandbox.server import Options, serve
from services.evaluator.measuring.prometheus import ANSWER_BYTES, NoValue, Request
from services.evaluator.measuring.reach import Answer, Reach
from tests.integration.conftest import Open
from tests.integration.evaluator.world import World, serving
from tests.integration.link.plane import agent_up, gateway_up, plane
from tests.integration.webhooks.callee import Answers, callee
from tools.prometheus import Server


@asynccontextmanager
async def reach(seconds: float = 5.0) -> AsyncIterator[Reach]:
    bus = MemoryBus(Broker(SystemClock()))
    async with bus_link(bus, SystemClock()) as link, client(networks(LOOPBACK)) as straight:
        yield Reach(straight, link, seconds, 4)


async def ask(url: str, seconds: float = 5.0, agent: str = "") -> Answer:
    async with reach(seconds) as one:
        return await one.ask("acme", agent, Request(URL(url), {"Authorization": "Bearer hush"}, b"query=1"))


@asynccontextmanager
async def through_agent(memory: Open, folder: Path, *hosts: str) -> AsyncIterator[World]:
    """The evaluator in production, an agent named `prod-eu` that may call these hosts, and the gateway between."""
    kubeconfig = folder / "kubeconfig"
    async with memory() as p, plane(folder, (p.bus, p.store)) as between, serve(Options(nodes=1), SystemClock()) as one:
        kubeconfig.write_text(one.kubeconfig)
        w = World(Ports(p.bus, p.store, SystemClock()), folder)
        settings = between.agent(kubeconfig, agent_hosts=hosts)
        async with gateway_up(between), agent_up(settings), serving(w, profile="production"):
            yield w


def near(server: Server) -> MetricProvider:
    return MetricProvider("metrics", "prometheus", server.url, agent="prod-eu")


@pytest.mark.feature("F24", "F123")
async def test_agent_asks_what_is_near_it(memory: Open, tmp_path: Path, prometheus: Server) -> None:
    async with through_agent(memory, tmp_path, prometheus.url.removeprefix("http://")) as w:
        await w.configure(near(prometheus))
        await w.start({"share": Query('share{pod="{{context.pod}}"}', upper=0.25)}, runs=1)
        assert (await w.hears(AnalysisPassed)).reason == "share 0.25 <= 0.25"


async def test_agent_refuses_other_hosts(memory: Open, tmp_path: Path, prometheus: Server) -> None:
    async with through_agent(memory, tmp_path, "elsewhere.test") as w:
        await w.configure(near(prometheus))
        await w.start({"share": Query("share", upper=1)}, runs=1)
        reason = (await w.hears(AnalysisHindered)).reason
    assert reason.startswith("share: agent prod-eu: ")
    assert "FAIRLEAD_AGENT_HOSTS" in reason


async def test_agent_that_is_away_is_told() -> None:
    with pytest.raises(NoValue, match="agent prod-eu: no gateway has a stream of this agent"):
        await ask("http://metrics.test/", agent="prod-eu")


async def test_question_arrives_whole() -> None:
    async with callee(200) as server:
        assert await ask(f"{server.url}/api/v1/query") == Answer(200, b"")
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/api/v1/query", "query=1")
    assert asked.headers["authorization"] == "Bearer hush"


async def test_no_redirect_is_followed() -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/other"})

    async with callee(elsewhere) as server:
        assert (await ask(server.url)).status == 307
        assert len(server.asked) == 1


async def test_answer_without_end_is_cut() -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async with callee(flood) as server:
        assert len((await ask(server.url)).body) == ANSWER_BYTES + 1


async def _never(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def _cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize(("answer", "problem"), [(_never, r"did not answer within 0\.2 s"), (_cut, "broke off")])
async def test_no_answer_is_told(answer: Answers, problem: str) -> None:
    async with callee(answer) as server:
        with pytest.raises(NoValue, match=problem):
            await ask(server.url, 0.2)


async def test_closed_port_is_told() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NoValue, match=f"{url}: cannot connect: "):
        await ask(url)


async def test_secret_that_is_no_header_is_not_sent() -> None:
    async with callee(200) as server, reach() as one:
        with pytest.raises(NoValue, match="cannot be sent as it is"):
            await one.ask("acme", "", Request(URL(server.url), {"Authorization": "Bearer a\nb: c"}, b""))
        assert server.asked == []
