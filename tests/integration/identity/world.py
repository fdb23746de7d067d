"""The identity service over real HTTP on a free port, on a store in memory and a clock that a test moves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import aiohttp
import structlog

from libs.auth.clients import Credential
from libs.auth.http import guard, require_declared
from libs.bus.broker import Broker
from libs.config.store import Configuration
from libs.durable.ports import Store
from libs.runtime import http
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.port import free_port
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from libs.store.memory import MemoryStore
from libs.store.seal import Seal
from services.identity.handlers import bootstrap
from services.identity.http import routes
from services.identity.service import Service, opened
from services.identity.settings import Settings
from tests.unit.auth.virtual import VirtualClock

SEAL_KEY = bytes(32)


class World:
    """One replica of the service, and somebody who talks to it."""

    def __init__(self, service: Service, session: aiohttp.ClientSession, clock: VirtualClock, store: Store) -> None:
        self.service = service
        self.session = session
        self.clock = clock
        self.store = store
        self.credentials: dict[str, Credential] = {}

    async def ask(self, method: str, path: str, **content: Any) -> tuple[int, Any, Mapping[str, str]]:
        async with self.session.request(method, path, **content) as response:
            return response.status, await response.json(content_type=None), response.headers

    async def token_for(self, client_id: str, secret: str, **more: str) -> tuple[int, Any, Mapping[str, str]]:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **more}
        return await self.ask("POST", "/oauth/token", data=form)

    async def bearer(self, name: str = "admin") -> dict[str, str]:
        credential = self.credentials[name]
        _, granted, _ = await self.token_for(credential.client_id, credential.secret.reveal())
        return {"Authorization": f"Bearer {granted['access_token']}"}


@asynccontextmanager
async def a_world(store: Store | None = None, clock: VirtualClock | None = None) -> AsyncIterator[World]:
    """A service with an administrator and an agent called prod."""
    clock = clock or VirtualClock()
    store = store or MemoryStore(Broker(clock))
    port = free_port()
    settings = Settings(process=ProcessSettings(http_address=f"127.0.0.1:{port}"))
    process = Process("identity", settings.process, Health(), Metrics(), clock, Random(7), "identity-1")
    app = http.application(process)
    with structlog.testing.capture_logs():
        async with (
            opened(settings, process, store, Seal(SEAL_KEY, Random(8))) as service,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        ):
            app.add_routes(routes(service.identity, service.terms))
            app.middlewares.append(guard(service.verifier, Configuration(store, clock).grants))
            require_declared(app)
            async with http.serve(app, settings.process.http_address):
                world = World(service, session, clock, store)
                world.credentials = await bootstrap(store, clock, Random(9), ("prod",))
                yield world
