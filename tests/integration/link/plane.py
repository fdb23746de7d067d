"""A small plane for tests: bus, issuer, gateway and agents, each started and stopped by itself."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from agent.__main__ import serve as serve_agent
from agent.settings import Settings as AgentSettings
from libs.auth.principal import Kind, Principal
from libs.auth.tokens import InvalidToken
from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.ports import Bus, Store
from libs.link.bus import BusLink, bus_link
from libs.runtime.certificates import Certificates, ensure_certificates
from libs.runtime.clock import Clock, SystemClock, system_random
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.port import free_port
from libs.runtime.process import Process
from libs.runtime.secret import Secret
from libs.runtime.settings import ProcessSettings
from libs.store.memory import MemoryStore
from services.gateway.service import serve as serve_gateway
from services.gateway.settings import Settings as GatewaySettings
from tests.waiting import eventually

TENANT = "acme"
AGENT = "prod-eu"
CLOCK = SystemClock()
SECRET = "an agent's secret"


NOBODY = Principal(TENANT, "nobody", frozenset(), Kind.AGENT, CLOCK.now())


class Issuer:
    """Issues opaque tokens over HTTP, for any client whose secret is right, and verifies them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, Principal] = {}
        self.token_seconds = 300.0
        self.url = ""

    async def token(self, request: web.Request) -> web.Response:
        given = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        client, secret = map(unquote_plus, given.split(":"))
        if secret != SECRET:
            return web.json_response({"error": "invalid_client"}, status=401)
        token = self.issue(client)
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": self.token_seconds})

    def issue(self, agent: str, kind: Kind = Kind.AGENT, tenant: str = TENANT) -> str:
        token = f"token-{len(self._issued)}"
        until = self._clock.now() + timedelta(seconds=self.token_seconds)
        self._issued[token] = Principal(tenant, agent, frozenset({"agent"}), kind, until, agent)
        return token

    def revoke(self) -> None:
        """No token issued so far counts any more."""
        self._issued.update(dict.fromkeys(self._issued, NOBODY))

    async def principal(self, token: str) -> Principal:
        principal = self._issued.get(token)
        if principal is None or principal is NOBODY or principal.expires_at <= self._clock.now():
            raise InvalidToken("the token has expired: get a new one")
        return principal


class Plane(Struct, frozen=True, kw_only=True):
    """Everything but the agents, which tests start as they need them."""

    bus: Bus
    store: Store
    issuer: Issuer
    folder: Path
    certificates: Certificates
    gateway: GatewaySettings

    @property
    def address(self) -> str:
        return self.gateway.gateway_address

    def agent(self, kubeconfig: Path, **settings: Any) -> AgentSettings:
        usual = AgentSettings(
            process=ProcessSettings(http_address="127.0.0.1:0"),
            agent_gateway=self.address,
            agent_authority=self.certificates.authority,
            agent_token_url=self.issuer.url,
            agent_client_id=AGENT,
            agent_client_secret=Secret(SECRET),
            agent_kubeconfig=kubeconfig,
        )
        return replace(usual, **settings)


def a_process(name: str = "test") -> Process:
    return Process(name, ProcessSettings(), Health(), Metrics(), SystemClock(), system_random(), "trial-1")


@asynccontextmanager
async def plane(folder: Path, ports: tuple[Bus, Store] | None = None, **settings: Any) -> AsyncIterator[Plane]:
    """Bus, store and issuer; the gateway is started with `gateway_up`."""
    broker = Broker(CLOCK)
    bus, store = ports or (MemoryBus(broker), MemoryStore(broker))
    issuer = Issuer(CLOCK)
    app = web.Application()
    app.add_routes([web.post("/token", issuer.token)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
    gateway = GatewaySettings(
        process=ProcessSettings(state_dir=folder), gateway_address=f"127.0.0.1:{free_port()}", **settings
    )
    try:
        yield Plane(
            bus=bus,
            store=store,
            issuer=issuer,
            folder=folder,
            certificates=ensure_certificates(folder / "certificates", CLOCK.now()),
            gateway=gateway,
        )
    finally:
        await runner.cleanup()


@asynccontextmanager
async def gateway_up(plane: Plane, **settings: Any) -> AsyncIterator[Process]:
    process = a_process("gateway")
    chosen = replace(plane.gateway, **settings)
    serving = serve_gateway(chosen, process, plane.bus, plane.store, plane.issuer)
    async with running(serving):
        await eventually(lambda: _is_ready(process))
        yield process


@asynccontextmanager
async def agent_up(settings: AgentSettings) -> AsyncIterator[Process]:
    """An agent in this process, connected."""
    process = a_process("agent")
    async with running(serve_agent(settings, process)):
        await eventually(lambda: _is_ready(process))
        yield process


@asynccontextmanager
async def agent_up_later(plane: Plane, kubeconfig: Path) -> AsyncIterator[None]:
    """An agent that connects whenever there is a gateway."""
    async with running(serve_agent(plane.agent(kubeconfig), a_process("agent"))):
        yield


@asynccontextmanager
async def link_to(plane: Plane) -> AsyncIterator[BusLink]:
    async with bus_link(plane.bus, CLOCK) as link:
        yield link


@asynccontextmanager
async def linked(plane: Plane, kubeconfig: Path, **settings: Any) -> AsyncIterator[BusLink]:
    """Everything up: a link to one agent, which has these settings."""
    async with gateway_up(plane), agent_up(plane.agent(kubeconfig, **settings)), bus_link(plane.bus, CLOCK) as link:
        yield link


@asynccontextmanager
async def agent_process(settings: AgentSettings) -> AsyncIterator[asyncio.subprocess.Process]:
    """An agent as a process of its own, which can be killed."""
    variables = {
        "FAIRLEAD_AGENT_GATEWAY": settings.agent_gateway,
        "FAIRLEAD_AGENT_AUTHORITY": str(settings.agent_authority),
        "FAIRLEAD_AGENT_TOKEN_URL": settings.agent_token_url,
        "FAIRLEAD_AGENT_CLIENT_ID": settings.agent_client_id,
        "FAIRLEAD_AGENT_CLIENT_SECRET": settings.agent_client_secret.reveal(),
        "FAIRLEAD_AGENT_KUBECONFIG": str(settings.agent_kubeconfig),
        "FAIRLEAD_HTTP_ADDRESS": settings.process.http_address,
    }
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "agent", env={**os.environ, **variables})
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A coroutine that runs while the block does; what it raises ends the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        yield task
        task.cancel()


async def _is_ready(process: Process) -> bool:
    return process.health.is_ready
