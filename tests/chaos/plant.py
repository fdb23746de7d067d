"""Every process of an installation, each with lines of its own to NATS, to be killed, paused and cut off by name."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import permutations
from pathlib import Path

import aiohttp
from msgspec import Struct
from msgspec.structs import replace

from cli.local import plan
from cli.local.children import Child, last_lines
from cli.local.layout import Bootstrap, Layout
from cli.local.plan import Machine
from libs.api.view import AgentList
from libs.runtime.port import free_port
from tests.chaos import nodes
from tests.chaos.line import Line
from tests.e2e.person import Person
from tests.e2e.processes import ROOT, Running, environment
from tests.waiting import eventually

START_SECONDS = 150.0
_LEASE = "3"
_HTTP = {"intake", "identity"}


class Shape(Struct, frozen=True):
    """How much of everything there is."""

    services: Mapping[str, int]
    clusters: tuple[str, ...]


class Plant:
    def __init__(self, folder: Path, shape: Shape, lines: AsyncExitStack) -> None:
        self.layout = Layout(folder)
        (folder / "logs").mkdir(parents=True)
        self.shape = shape
        self.nodes = nodes.nodes(folder)
        self.lines: dict[str, Line] = {}
        self.person: Person
        self.token = ""
        self.intakes: tuple[str, ...] = ()
        self.fallen: list[str] = []
        """Processes that ended although nobody ended them."""
        self._stack = lines
        self._ports: dict[str, int] = {}
        self._children: dict[str, Child] = {}
        self._running: dict[str, Running] = {}
        self._paused: set[str] = set()
        self._machine: Machine

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._children)

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(name for name in self._children if name.rpartition("-")[0] in self.shape.services)

    @property
    def agents(self) -> tuple[str, ...]:
        return tuple(name for name in self._children if name.startswith("agent-"))

    @property
    def clusters(self) -> tuple[str, ...]:
        return tuple(f"cluster-{name}" for name in self.shape.clusters)

    @property
    def logs(self) -> Path:
        return self.layout.folder / "logs"

    @property
    def urls(self) -> list[str]:
        """The nodes themselves, without a line between."""
        return [node.url for node in self.nodes.values()]

    def cluster_url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._machine.ports[name]}"

    def is_running(self, name: str) -> bool:
        return name in self._running

    def start(self, name: str) -> None:
        self._running[name] = Running(self._children[name])

    def kill(self, name: str) -> None:
        self._paused.discard(name)
        self._running.pop(name).kill()

    def pause(self, name: str) -> None:
        os.kill(self._running[name].pid, signal.SIGSTOP)
        self._paused.add(name)

    def resume(self, name: str) -> None:
        if name in self._paused and name in self._running:
            os.kill(self._running[name].pid, signal.SIGCONT)
        self._paused.discard(name)

    def kill_all(self) -> None:
        for name in tuple(self._running):
            self.kill(name)

    def bury(self) -> list[str]:
        """Who has ended although nobody ended it, since this was last asked; each is started again."""
        dead = [name for name, running in self._running.items() if not running.is_alive]
        for name in dead:
            self.fallen.append(f"{name} ended by itself: {' | '.join(last_lines(self._children[name].log)[-3:])}")
            self.start(name)
        return dead

    async def begin(self) -> None:
        """Start everything, and return when work can be done."""
        await self._start_nodes()
        await self._lay_lines()
        # The lines between the nodes are served by this very thread.
        await asyncio.to_thread(self._make_clients)
        self._add_services()
        for name in self.services:
            self.start(name)
        for cluster in self.shape.clusters:
            self._add(plan.cluster(self._machine, cluster))
        for name in self.clusters:
            self.start(name)
        await eventually(self._services_ready, START_SECONDS)
        await self._start_agents()

    async def _start_nodes(self) -> None:
        for one, other in permutations(self.nodes.values(), 2):
            await self._line(f"{one.name}>{other.name}", other.routes)
        for node in self.nodes.values():
            self._add(node.child([line for name, line in self.lines.items() if name.startswith(f"{node.name}>")]))
            self.start(node.name)
        await eventually(self._nodes_ready, START_SECONDS)

    async def _nodes_ready(self) -> bool:
        self._require_alive()
        return all([await _answers(f"http://127.0.0.1:{node.monitor}/healthz") for node in self.nodes.values()])

    async def _lay_lines(self) -> None:
        ports = {name: free_port() for name in self.shape.clusters}
        instances = [
            f"{noun}-{number}" for noun, count in self.shape.services.items() for number in range(1, count + 1)
        ]
        self._ports = {name: free_port() for name in instances}
        self._ports |= {f"{name}:agents": free_port() for name in instances if name.startswith("gateway")}
        front = await self._line("people>intake", *self._ports_of("intake"))
        door = await self._line("agents>gateway", *(self._ports[f"{name}:agents"] for name in self._named("gateway")))
        for name in instances:
            for node in self.nodes.values():
                await self._line(f"{name}>{node.name}", node.client)
        self._machine = Machine(
            self.layout, ports | {"http": front.port, "gateway": door.port}, plan.inherited(os.environ)
        )
        self.intakes = tuple(f"http://127.0.0.1:{port}" for port in self._ports_of("intake"))

    async def _line(self, name: str, *targets: int) -> Line:
        line = await self._stack.enter_async_context(Line(name, targets))
        self.lines[name] = line
        return line

    def _named(self, noun: str) -> list[str]:
        return [name for name in self._ports if name.rpartition("-")[0] == noun and ":" not in name]

    def _ports_of(self, noun: str) -> list[int]:
        return [self._ports[name] for name in self._named(noun)]

    def _make_clients(self) -> None:
        settings = self._shared(",".join(self.urls)) | {
            "BOOTSTRAP_AGENTS": ",".join(self.shape.clusters),
            "GATEWAY_ADDRESS": self.lines["agents>gateway"].address,
        }
        command = [sys.executable, "-m", "services.bootstrap"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stderr

    def _add_services(self) -> None:
        for noun in self.shape.services:
            for name in self._named(noun):
                self._add(self._service(name, noun))

    def _service(self, name: str, noun: str) -> Child:
        lines = (self.lines[f"{name}>{node}"] for node in self.nodes)
        settings = self._shared(",".join(f"nats://{line.address}" for line in lines))
        settings |= {"HTTP_ADDRESS": f"127.0.0.1:{self._ports[name]}"} | self._own(name, noun)
        return Child(name, (sys.executable, "-m", f"services.{noun}"), environment(**settings), self.layout.log(name))

    def _own(self, name: str, noun: str) -> dict[str, str]:
        if noun == "gateway":
            address = f"127.0.0.1:{self._ports[f'{name}:agents']}"
            return {"GATEWAY_ADDRESS": address, "GATEWAY_PING_SECONDS": "2", "GATEWAY_DEAD_SECONDS": "6"}
        if noun == "intake":
            return {"INTAKE_MINIMUM_TIMEOUT_SECONDS": "5"}
        return {} if noun in _HTTP else {f"{noun.upper()}_LEASE_SECONDS": _LEASE}

    def _shared(self, nats: str) -> dict[str, str]:
        issuer = self._ports_of("identity")[0]
        return {
            "PROFILE": "development",
            "STATE_DIR": str(self.layout.folder),
            "NATS_URL": nats,
            "NATS_REPLICAS": "3",
            "HTTP_ADDRESS": "127.0.0.1:0",
            "PUBLIC_URL": f"http://{self.lines['people>intake'].address}",
            "ISSUER_URL": f"http://127.0.0.1:{issuer}",
        }

    async def _services_ready(self) -> bool:
        self._require_alive()
        ready = [await _answers(f"http://127.0.0.1:{self._ports[name]}/readyz") for name in self.services]
        return all(ready) and all(self.layout.kubeconfig(name).exists() for name in self.shape.clusters)

    async def _start_agents(self) -> None:
        bootstrap = self.layout.read_bootstrap()
        assert bootstrap is not None
        for cluster in self.shape.clusters:
            for child in self._replicas(plan.agent(self._machine, cluster, bootstrap)):
                self._add(child)
                self.start(child.name)
        self.token = await _token(bootstrap)
        self.person = Person(f"http://{self.lines['people>intake'].address}", self.token)
        await eventually(self.agents_connected, START_SECONDS)

    def _replicas(self, agent: Child) -> tuple[Child, ...]:
        """Two processes under one agent's name."""
        name = f"{agent.name}-2"
        environ = {**agent.environ, "FAIRLEAD_STATE_DIR": str(self.layout.folder / name)}
        return agent, replace(agent, name=name, environ=environ, log=self.layout.log(name))

    async def agents_connected(self) -> bool:
        self._require_alive()
        listed = await self.person.get("/agents", AgentList)
        return listed is not None and {one.name for one in listed.agents if one.connected} == {*self.shape.clusters}

    def _require_alive(self) -> None:
        assert not self.bury(), self.fallen

    def _add(self, child: Child) -> None:
        self._children[child.name] = child


@asynccontextmanager
async def plant(folder: Path, shape: Shape) -> AsyncIterator[Plant]:
    """Everything is started; it all ends with the block."""
    async with AsyncExitStack() as lines:
        found = Plant(folder, shape, lines)
        try:
            await found.begin()
            yield found
        finally:
            await asyncio.to_thread(found.kill_all)


async def _answers(url: str) -> bool:
    try:
        async with aiohttp.request("GET", url, timeout=aiohttp.ClientTimeout(3)) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


async def _token(bootstrap: Bootstrap) -> str:
    admin = bootstrap.admin
    form = {"grant_type": "client_credentials", "client_id": admin.client_id, "client_secret": admin.client_secret}
    async with aiohttp.request("POST", f"{bootstrap.issuer}/oauth/token", data=form) as response:
        assert response.status == 200, await response.text()
        return str((await response.json())["access_token"])
