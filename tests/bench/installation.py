"""A whole installation to measure: NATS, the services, an agent and a sandbox cluster, each a process of its own."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct

from cli.local import plan
from cli.local.children import Child
from cli.local.layout import Bootstrap, Layout
from cli.local.plan import Machine
from cli.options import Options
from cli.output import Output
from cli.server.client import Client, connected
from libs.api.request import StartRequest
from libs.api.view import ENDED, Accepted, AgentList, DeploymentList
from libs.runtime.nats_server import dies_with
from tests.bench import application
from tests.bench.cluster_child import Published
from tests.servers import nats_server

CLUSTER = "staging"
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.1
"""Between two looks at whether something has come true: the looks must not be the work that is measured."""


class Installation(Struct, frozen=True):
    """Everything running."""

    client: Client
    cluster: aiohttp.ClientSession
    """Asks the sandbox itself, past Fairlead."""
    journal: Path
    services: int
    agent: int
    """Both by their process ids."""

    async def deploy(self, name: str, version: int, config: str = "") -> str:
        files = {"app.yml": application.manifests(name, version)}
        request = StartRequest(config=config or application.deployment(name, CLUSTER), files=files)
        return (await self.client.post("/deployments", request, Accepted)).id

    async def ended(self, count: int) -> None:
        """Return when none is under way; the newest `count` must have succeeded."""
        await until(self._is_idle)
        newest = (await self.client.get(f"/deployments?limit={count}", DeploymentList)).deployments
        failed = [one for one in newest if one.phase != "succeeded"]
        if failed or len(newest) != count:
            raise AssertionError(f"not every deployment succeeded: {failed[:3]}")

    async def ask(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """One request to the sandbox."""
        encoded = None if body is None else msgspec.json.encode(body)
        async with self.cluster.request(method, path, data=encoded, headers={"Content-Type": content_type}) as answer:
            text = await answer.read()
            if answer.status >= 400:
                raise AssertionError(f"{method} {path}: {answer.status} {text.decode()}")
            return msgspec.json.decode(text)

    def published(self) -> list[Published]:
        return [msgspec.json.decode(line, type=Published) for line in self.journal.read_bytes().splitlines()]

    async def _is_idle(self) -> bool:
        listed = await self.client.get("/deployments?phase=active&limit=1", DeploymentList)
        return all(one.phase in ENDED for one in listed.deployments)


@asynccontextmanager
async def installation(module: str = "services") -> AsyncIterator[Installation]:
    """Everything running; `module` is what is started as the services."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-bench-")))
        layout = Layout(folder)
        stack.enter_context(layout.taken())
        machine = Machine(layout, layout.ports(), plan.inherited(os.environ))
        server = await stack.enter_async_context(nats_server(folder / "nats"))
        sandbox = await stack.enter_async_context(cluster(machine))
        services = await stack.enter_async_context(running(_services(machine, server.url, module)))
        bootstrap = await _bootstrap(machine)
        process = await stack.enter_async_context(running(agent(machine, bootstrap)))
        options = Options(server=machine.server, token=await token(bootstrap))
        client = await stack.enter_async_context(connected(options, Output(options)))
        session = await stack.enter_async_context(aiohttp.ClientSession(base_url=sandbox))
        await until(lambda: is_connected(client))
        yield Installation(client, session, journal(machine), services.pid, process.pid)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await holds():  # noqa: ASYNC110 - other processes have no event to wait for
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def cluster(machine: Machine) -> AsyncIterator[str]:
    """The address of a sandbox, told by its first line."""
    module = ("-m", "tests.bench.cluster_child")
    where = (str(machine.layout.kubeconfig(CLUSTER)), str(journal(machine)))
    child = Child("cluster", (sys.executable, *module, *where), machine.environ, machine.layout.log("cluster"))
    async with running(child, stdout=asyncio.subprocess.PIPE) as process:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip()


@asynccontextmanager
async def running(child: Child, stdout: int | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    with child.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *child.command,
            stdout=log if stdout is None else stdout,
            stderr=log,
            env=dict(child.environ),
            preexec_fn=dies_with(os.getpid()),
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _services(machine: Machine, nats: str, module: str) -> Child:
    return msgspec.structs.replace(plan.services(machine, nats), command=(sys.executable, "-m", module))


def agent(machine: Machine, bootstrap: Bootstrap) -> Child:
    child = plan.agent(machine, CLUSTER, bootstrap)
    return msgspec.structs.replace(child, command=(sys.executable, "-m", "tests.bench.agent_child"))


async def _bootstrap(machine: Machine) -> Bootstrap:
    """What the services leave behind once they are ready."""

    async def is_ready() -> bool:
        return machine.layout.read_bootstrap() is not None and await answers(f"{machine.server}/readyz")

    await until(is_ready)
    found = machine.layout.read_bootstrap()
    assert found is not None, "it was there a moment ago"
    return found


async def answers(url: str) -> bool:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(url) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


async def token(bootstrap: Bootstrap) -> str:
    admin = bootstrap.admin
    form = {
        "grant_type": "client_credentials", "client_id": admin.client_id, "client_secret": admin.client_secret,
    }  # fmt: skip
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{bootstrap.issuer.rstrip('/')}/oauth/token", data=form) as response,
    ):
        return str((await response.json())["access_token"])


async def is_connected(client: Client) -> bool:
    agents: Sequence[Any] = (await client.get("/agents", AgentList)).agents
    return any(agent.name == CLUSTER and agent.connected for agent in agents)


def journal(machine: Machine) -> Path:
    return machine.layout.folder / "published.jsonl"
