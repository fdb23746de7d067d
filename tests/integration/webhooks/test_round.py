"""The whole way round: called, and called back through the front door with the address that was given."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from msgspec.structs import replace

from libs.durable.partitions import Ports
from libs.messages.webhook import WebhookCalled, WebhookFailed, WebhookSucceeded
from libs.spec.model import Webhook
from services.webhooks.service import serve
from services.webhooks.settings import Settings
from tests.integration.conftest import Open
from tests.integration.intake.world import World as Door
from tests.integration.intake.world import world as door
from tests.integration.link.plane import running
from tests.integration.webhooks.callee import Callee, callee
from tests.integration.webhooks.world import TENANT, World, a_process

BODY = '{"url": "{{armory.callbackUri}}/callback"}'


@asynccontextmanager
async def open_house(ports: Open, folder: Path) -> AsyncIterator[tuple[World, Door]]:
    """Intake and the webhooks service, as two processes that share a sealing key."""
    async with ports() as p, door(p.store, p.bus) as d:
        process = a_process(folder)
        process = replace(process, settings=replace(process.settings, sealing_key=d.process.settings.sealing_key))
        async with running(serve(Settings(), Ports(p.bus, p.store, process.clock), process, d.url)):
            yield World(p.store, p.bus, folder), d


async def post(url: str, token: str, body: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as response:
        return response.status, await response.json(content_type=None)


def callback_url(server: Callee) -> str:
    return str(json.loads(server.asked[0].body)["url"])


@pytest.mark.feature("F99", "F114", "F115", "F121")
async def test_job_calls_back_once(ports: Open, tmp_path: Path) -> None:
    async with callee(204) as server, open_house(ports, tmp_path) as (w, d):
        token = d.token("deployer", tenant=TENANT, name="ci")
        await w.start(Webhook(uri=server.url, body=BODY))
        await w.hears(WebhookCalled)
        url = callback_url(server)
        assert (await post(url, d.token(tenant="other"), {"success": True}))[0] == 403
        assert (await post(url, token, {"success": "yes"}))[0] == 400
        status, decided = await post(url, token, {"success": True, "mdMessage": "all **green**"})
        assert (status, decided["event"]) == (200, "evt.webhook.succeeded")
        told = await w.hears(WebhookSucceeded)
        assert (told.by, told.message) == ("ci", "all **green**")
        status, problem = await post(url, token, {"success": False})
        assert (status, problem["code"]) == (409, "already_called_back")


@pytest.mark.feature("F102", "F114")
async def test_failure_is_told(memory: Open, tmp_path: Path) -> None:
    async with callee(200) as server, open_house(memory, tmp_path) as (w, d):
        await w.start(Webhook(uri=server.url, body=BODY))
        await w.hears(WebhookCalled)
        status, _ = await post(callback_url(server), d.token(tenant=TENANT), {"success": False, "mdMessage": "3 red"})
        assert status == 200
        assert (await w.hears(WebhookFailed)).reason == "ann called back that it failed: 3 red"


async def test_job_may_call_back_before_it_answers(ports: Open, tmp_path: Path) -> None:
    statuses: list[int] = []
    token = ""

    async def hasty(request: web.Request) -> web.Response:
        url = json.loads(server.asked[-1].body)["url"]
        statuses.append((await post(url, token, {"success": True}))[0])
        return web.Response(status=500)

    async with callee(hasty) as server, open_house(ports, tmp_path) as (w, d):
        token = d.token(tenant=TENANT)
        await w.start(Webhook(uri=server.url, body=BODY, retries=3))
        assert (await w.hears(WebhookSucceeded)).by == "ann"
    assert statuses == [200]


async def test_many_callbacks_at_once_count_once(memory: Open, tmp_path: Path) -> None:
    async with callee(200) as server, open_house(memory, tmp_path) as (w, d):
        await w.start(Webhook(uri=server.url, body=BODY))
        await w.hears(WebhookCalled)
        token = d.token(tenant=TENANT)
        posts = (post(callback_url(server), token, {"success": number % 2 == 0}) for number in range(10))
        statuses = sorted(status for status, _ in await asyncio.gather(*posts))
    assert statuses == [200] + [409] * 9
