"""A way to the server that stalls while a process starts."""

import asyncio

import pytest

from libs.bus import jetstream
from libs.bus.connection import connect
from libs.bus.jetstream import JetStreamBus
from libs.runtime.clock import system_random
from tests.integration.link.proxy import proxied
from tests.servers import nats_server


async def subscribed(bus: JetStreamBus) -> bool:
    async with bus.subscribe("a.b"):
        return True


async def test_subscription_outlasts_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jetstream, "FLUSH_SECONDS", 1)
    monkeypatch.setattr(jetstream, "FLUSHES", 60)
    async with (
        nats_server() as server,
        proxied(server.url.removeprefix("nats://")) as proxy,
        connect([f"nats://{proxy.address}"], "test", system_random()) as connection,
    ):
        proxy.stall()
        entering = asyncio.create_task(subscribed(JetStreamBus(connection)))
        await asyncio.wait({entering}, timeout=1.5)
        assert not entering.done(), "it gave up"
        proxy.flow()
        assert await asyncio.wait_for(entering, 30)
