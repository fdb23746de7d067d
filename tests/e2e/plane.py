"""An installation whose every process the test holds in its own hand, together in one or each service on its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from cli.local import plan
from cli.local.children import Child, last_lines
from cli.local.layout import Bootstrap, Layout
from cli.local.plan import OUTSIDE, Machine, Outside
from libs.api.view import AgentList
from libs.runtime.nats_server import NatsServer
from libs.runtime.port import free_port
from tests.e2e.person import PATIENCE, Person
from tests.e2e.processes import ROOT, Running, environment
from tests.servers import nats_server
from tests.waiting import eventually

CLUSTER = "staging"
EXECUTORS = ("executor-1", "executor-2")
SERVICES = ("identity", "gateway", "intake", "planner", *EXECUTORS)


class Plane:
    """One cluster with its agent, and the services, by name; a cluster from outside takes the sandbox's place."""

    def __init__(self, folder: Path, nats: NatsServer, outside: Outside | None = None) -> None:
        self.layout = Layout(folder)
        (folder / "logs").mkdir(parents=True)
        self.machine = Machine(self.layout, self.layout.ports(), plan.inherited(os.environ), outside)
        self.account = OUTSIDE if outside else CLUSTER
        self.person: Person
        self.nats = nats
        self._issuer = f"http://127.0.0.1:{free_port()}"
        self._running: dict[str, Running] = {}

    async def start_together(self) -> None:
        """All services in one process."""
        self._run(plan.services(self.machine, self.nats.url))
        await self._start_rest()

    async def start_apart(self) -> None:
        """Each service in a process of its own, and two executors."""
        self._make_clients()
        for name in SERVICES:
            self._run(self._service(name))
        await self._start_rest()

    def start_agent(self) -> None:
        bootstrap = self.layout.read_bootstrap()
        assert bootstrap is not None
        self._run(plan.agent(self.machine, self.account, bootstrap))

    def kill(self, name: str) -> None:
        self._running.pop(name).kill()

    def kill_all(self) -> None:
        for name in tuple(self._running):
            self.kill(name)

    @property
    def kubeconfig(self) -> Path:
        return Path(self.machine.kubeconfigs[self.account])

    @property
    def cluster(self) -> Path:
        return self.layout.cluster(CLUSTER)

    @property
    def cluster_url(self) -> str:
        return f"http://127.0.0.1:{self.machine.ports[CLUSTER]}"

    def log(self, name: str) -> str:
        return self.layout.log(name).read_text()

    async def agent_connects(self) -> None:
        async def is_connected() -> bool:
            self._check(self._running)
            listed = await self.person.get("/agents", AgentList)
            return listed is not None and any(one.name == self.account and one.connected for one in listed.agents)

        await eventually(is_connected, PATIENCE)

    async def _start_rest(self) -> None:
        if not self.machine.outside:
            self._run(plan.cluster(self.machine, CLUSTER))
        await eventually(self._has_begun, PATIENCE)
        bootstrap = self.layout.read_bootstrap()
        assert bootstrap is not None
        self.person = Person(self.machine.server, await self._token(bootstrap))
        self.start_agent()
        await self.agent_connects()

    async def _has_begun(self) -> bool:
        self._check(self._running)
        bootstrap = self.layout.read_bootstrap()
        if bootstrap is None or not self.kubeconfig.exists():
            return False
        return await _is_ready(bootstrap.issuer) and await _is_ready(self.machine.server)

    async def _token(self, bootstrap: Bootstrap) -> str:
        admin = bootstrap.admin
        form = {"grant_type": "client_credentials", "client_id": admin.client_id, "client_secret": admin.client_secret}
        async with aiohttp.request("POST", f"{bootstrap.issuer}/oauth/token", data=form) as response:
            assert response.status == 200, await response.text()
            return str((await response.json())["access_token"])

    def _run(self, child: Child) -> None:
        self._running[child.name] = Running(child)

    def _check(self, names: Iterable[str]) -> None:
        for name in names:
            assert self._running[name].is_alive, (name, last_lines(self.layout.log(name)))

    def _make_clients(self) -> None:
        settings = self._shared() | {
            "BOOTSTRAP_AGENTS": CLUSTER,
            "GATEWAY_ADDRESS": f"127.0.0.1:{self.machine.ports['gateway']}",
        }
        command = [sys.executable, "-m", "services.bootstrap"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr

    def _service(self, name: str) -> Child:
        """As a Deployment in Kubernetes would start it: one module, everything else in the environment."""
        own = {
            "identity": {"HTTP_ADDRESS": self._issuer.removeprefix("http://")},
            "intake": {"HTTP_ADDRESS": f"127.0.0.1:{self.machine.ports['http']}"},
            "gateway": {"GATEWAY_ADDRESS": f"127.0.0.1:{self.machine.ports['gateway']}"},
            "planner": {},
        }
        settings = own.get(name, {"EXECUTOR_LEASE_SECONDS": "3"})
        command = (sys.executable, "-m", f"services.{name.partition('-')[0]}")
        return Child(name, command, environment(**(self._shared() | settings)), self.layout.log(name))

    def _shared(self) -> dict[str, str]:
        return {
            "PROFILE": "development",
            "STATE_DIR": str(self.layout.folder),
            "NATS_URL": self.nats.url,
            "HTTP_ADDRESS": "127.0.0.1:0",
            "PUBLIC_URL": self.machine.server,
            "ISSUER_URL": self._issuer,
        }


@asynccontextmanager
async def plane(folder: Path) -> AsyncIterator[Plane]:
    """Nothing but NATS is started yet."""
    async with nats_server(folder / "nats") as nats:
        found = Plane(folder, nats)
        try:
            yield found
        finally:
            await asyncio.to_thread(found.kill_all)


async def _is_ready(url: str) -> bool:
    try:
        async with aiohttp.request("GET", f"{url}/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
