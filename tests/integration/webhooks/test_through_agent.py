"""Calling through a real gateway and a real agent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from libs.messages.webhook import WebhookFailed, WebhookHindered, WebhookSucceeded
from libs.runtime.clock import SystemClock
from libs.spec.model import Header, Webhook
from sandbox.server import Options, serve
from services.webhooks.calling.way import BODY_MOST
from tests.integration.conftest import Open
from tests.integration.link.plane import Plane, agent_up, gateway_up, plane
from tests.integration.webhooks.callee import Callee, callee
from tests.integration.webhooks.world import World, serving


@pytest.fixture
async def the_plane(memory: Open, tmp_path: Path) -> AsyncIterator[Plane]:
    async with memory() as p, plane(tmp_path, (p.bus, p.store)) as ready:
        yield ready


@pytest.fixture
async def kubeconfig(tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "kubeconfig"
    async with serve(Options(nodes=1), SystemClock()) as cluster:
        path.write_text(cluster.kubeconfig)
        yield path


def through(server: Callee, **changes: Any) -> Webhook:
    webhook = {"uri": f"{server.url}/run", "through_agent": True, "calls_back": False, **changes}
    return Webhook(**webhook)


def hosts(server: Callee) -> tuple[str, ...]:
    return (server.url.removeprefix("http://"),)


@asynccontextmanager
async def calling(the_plane: Plane, kubeconfig: Path, server: Callee, *allowed: str) -> AsyncIterator[World]:
    w = World(the_plane.store, the_plane.bus, the_plane.folder)
    w.secret("token", "hush-hush")
    settings = the_plane.agent(kubeconfig, agent_hosts=allowed or hosts(server))
    async with gateway_up(the_plane), agent_up(settings), serving(w, profile="production"):
        yield w


@pytest.mark.feature("F111", "F112", "F119", "F122")
async def test_agent_calls_what_is_near_it(the_plane: Plane, kubeconfig: Path) -> None:
    async with callee(201) as server, calling(the_plane, kubeconfig, server) as w:
        headers = (Header("Authorization", "Basic {{secrets.token}}"),)
        await w.start(through(server, headers=headers, body="cmd={{context.owner}}"))
        assert (await w.hears(WebhookSucceeded)).message == "answered with 201"
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/run", "cmd=gate")
    assert asked.headers["authorization"] == "Basic hush-hush"
    assert "x-fairlead-delivery" in asked.headers
    assert "content-type" not in asked.headers


async def test_agent_refuses_other_hosts(the_plane: Plane, kubeconfig: Path) -> None:
    async with callee() as server, calling(the_plane, kubeconfig, server, "elsewhere.test") as w:
        await w.start(through(server, retries=3))
        assert "FAIRLEAD_AGENT_HOSTS" in (await w.hears(WebhookFailed)).reason
        assert server.asked == []


async def test_named_agent_wins(the_plane: Plane, kubeconfig: Path) -> None:
    async with callee() as server, calling(the_plane, kubeconfig, server) as w:
        await w.start(through(server, agent="other-agent"))
        assert (await w.hears(WebhookHindered)).reason.startswith("agent other-agent cannot be asked")


@pytest.mark.feature("F113", "F120")
async def test_answer_is_judged_as_a_direct_one(the_plane: Plane, kubeconfig: Path) -> None:
    async def flood(_: web.Request) -> web.Response:
        return web.Response(status=503, body=b"x" * (40 * BODY_MOST), headers={"Content-Type": "text/plain"})

    async with callee(flood, 404) as server, calling(the_plane, kubeconfig, server) as w:
        await w.start(through(server, retries=2))
        assert "Received non-2xx status code: 503 (text/plain): xxx" in (await w.hears(WebhookHindered)).reason
        assert (await w.hears(WebhookFailed)).reason == "attempt 2 of 3: Received non-2xx status code: 404"


@pytest.mark.feature("F111")
async def test_agent_that_comes_back_is_asked_at_once(the_plane: Plane, kubeconfig: Path) -> None:
    async with callee() as server, gateway_up(the_plane):
        w = World(the_plane.store, the_plane.bus, the_plane.folder)
        async with serving(w, profile="production"):
            await w.start(through(server))
            await w.hears(WebhookHindered)
            async with agent_up(the_plane.agent(kubeconfig, agent_hosts=hosts(server))):
                # Sooner than the next look, which would be after 15 s.
                await w.hears(WebhookSucceeded, seconds=10)
    assert len(server.asked) == 1
