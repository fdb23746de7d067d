"""The services as production runs them, each a process of its own that can be killed and started again."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import aiohttp

from cli.local import plan
from cli.local.children import Child
from cli.local.layout import Layout
from cli.local.plan import Machine
from cli.options import Options
from cli.output import Output
from cli.server.client import connected
from libs.bus.connection import connect
from libs.bus.jetstream import JetStreamBus
from libs.link.bus import bus_link
from libs.link.port import Link
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.port import free_port
from tests.bench.installation import (
    CLUSTER,
    Installation,
    agent,
    answers,
    cluster,
    is_connected,
    journal,
    running,
    token,
    until,
)
from tests.e2e.processes import Running

TENANT = "main"
ONCE = ("identity", "gateway", "intake", "planner")


class Apart:
    """Every process by its name; `executor-1` and `executor-2` are two of one kind."""

    def __init__(self, machine: Machine, nats: str, replicas: int) -> None:
        self.machine = machine
        self.issuer = f"http://127.0.0.1:{free_port()}"
        self._shared = {
            "PROFILE": "development",
            "STATE_DIR": str(machine.layout.folder),
            "NATS_URL": nats,
            "NATS_REPLICAS": str(replicas),
            "HTTP_ADDRESS": "127.0.0.1:0",
            "PUBLIC_URL": machine.server,
            "ISSUER_URL": self.issuer,
        }
        self._running: dict[str, Running] = {}
        self._logged: dict[str, int] = {}

    @property
    def gateway(self) -> str:
        return f"127.0.0.1:{self.machine.ports['gateway']}"

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def log(self, name: str) -> str:
        """What the process has said since it was last started."""
        return self.machine.layout.log(name).read_bytes()[self._logged.get(name, 0) :].decode()

    def start(self, name: str) -> None:
        own = {
            "identity": {"HTTP_ADDRESS": self.issuer.removeprefix("http://")},
            "intake": {"HTTP_ADDRESS": f"127.0.0.1:{self.machine.ports['http']}"},
            "gateway": {"GATEWAY_ADDRESS": self.gateway},
        }
        path = self.machine.layout.log(name)
        self._logged[name] = path.stat().st_size if path.exists() else 0
        self._running[name] = Running(self._child(name, own.get(name, {})))

    def kill(self, name: str) -> None:
        self._running.pop(name).kill()

    def kill_all(self) -> None:
        for name in tuple(self._running):
            self.kill(name)

    async def prepare(self) -> None:
        """Make what must be there before any service starts: streams, buckets, clients."""
        told = {"BOOTSTRAP_AGENTS": CLUSTER, "GATEWAY_ADDRESS": self.gateway}
        async with running(self._child("bootstrap", told)) as process:
            if await process.wait() != 0:
                raise AssertionError(self.log("bootstrap"))

    def _child(self, name: str, own: dict[str, str]) -> Child:
        environ = plan.inherited(os.environ) | {f"FAIRLEAD_{key}": value for key, value in (self._shared | own).items()}
        command = (sys.executable, "-m", f"services.{name.partition('-')[0]}")
        return Child(name, command, environ, self.machine.layout.log(name))


@asynccontextmanager
async def linked(nats: str) -> AsyncIterator[Link]:
    """A way to ask agents from here."""
    async with (
        connect([nats], "asker", system_random()) as connection,
        bus_link(JetStreamBus(connection), SystemClock()) as link,
    ):
        yield link


@asynccontextmanager
async def machine() -> AsyncIterator[Machine]:
    """A folder and ports for everything that follows."""
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        layout = Layout(Path(folder))
        with layout.taken():
            yield Machine(layout, layout.ports(), plan.inherited(os.environ))


@asynccontextmanager
async def apart(
    where: Machine, nats: str, executors: int = 1, replicas: int = 1
) -> AsyncIterator[tuple[Apart, Installation]]:
    """Everything up, with one sandbox cluster and its agent."""
    async with AsyncExitStack() as stack:
        services = Apart(where, nats, replicas)
        stack.push_async_callback(asyncio.to_thread, services.kill_all)
        sandbox = await stack.enter_async_context(cluster(where))
        await services.prepare()
        for name in (*ONCE, *(f"executor-{number}" for number in range(1, executors + 1))):
            services.start(name)
        for url in (services.issuer, where.server):
            await until(partial(answers, f"{url}/readyz"))
        bootstrap = where.layout.read_bootstrap()
        assert bootstrap is not None, services.log("bootstrap")
        process = await stack.enter_async_context(running(agent(where, bootstrap)))
        options = Options(server=where.server, token=await token(bootstrap))
        client = await stack.enter_async_context(connected(options, Output(options)))
        session = await stack.enter_async_context(aiohttp.ClientSession(base_url=sandbox))
        await until(lambda: is_connected(client))
        yield services, Installation(client, session, journal(where), services.pid("gateway"), process.pid)
