"""Everything, running: started in the order of who needs whom, watched, and ended the other way round."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import aiohttp
import msgspec
from msgspec import Struct

from cli.exits import Exit, Stop
from cli.local import plan
from cli.local.children import Child, Runner
from cli.local.layout import Bootstrap, Layout
from cli.local.plan import Machine, Outside
from cli.local.ports import require_free
from cli.options import Up
from libs.api.view import AgentList
from libs.runtime.nats_server import NatsServer, ServerFailed, ServerMissing

START_SECONDS = 60.0
TOKEN_SECONDS = 1200.0
"""How often the development token is made anew; it counts for an hour."""

Report = Callable[[str], None]
Found = TypeVar("Found")


class Running(Struct, frozen=True):
    machine: Machine
    up: Up


@asynccontextmanager
async def running(
    folder: Path, report: Report, nats_url: str = "", outside: Outside | None = None, *, accept_store: bool = False
) -> AsyncIterator[Running]:
    """Everything, ready for work, while entered. A child that cannot be kept up ends the block with `Stop`.

    With a cluster from outside there are no sandboxes, and one agent.
    """
    layout = Layout(folder)
    with layout.taken():
        layout.forget_up()
        machine = Machine(layout, layout.ports(), plan.inherited(os.environ), outside)
        await require_free(machine.ports, layout.ports_file)
        if accept_store and layout.forget_store():
            report("what NATS holds is taken as it is, whatever was seen before")
        try:
            async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
                yield await _Stack(machine, report, stack, tasks).start(nats_url)
                raise _Done
        except BaseExceptionGroup as failures:
            if (failure := failures.split(_Done)[1]) is not None:
                raise _stop_in(failure) from None
        finally:
            layout.forget_up()


class _Done(Exception):
    """The block is over: ends the tasks that watch the children."""


class _Stack:
    def __init__(self, machine: Machine, report: Report, stack: AsyncExitStack, group: asyncio.TaskGroup) -> None:
        self._machine = machine
        self._report = report
        self._stack = stack
        self._group = group

    async def start(self, nats_url: str) -> Running:
        machine = self._machine
        address = nats_url or await self._nats()
        self._run(plan.services(machine, address))
        for name in machine.sandboxes:
            self._run(plan.cluster(machine, name))
        bootstrap = await self._until("the services to start", self._bootstrapped)
        for name in machine.agents:
            await self._until(f"the cluster {name}", partial(_written, machine.kubeconfigs[name]))
            self._run(plan.agent(machine, name, bootstrap))
        token = await self._until("a token", lambda: _token(bootstrap))
        await self._until("the agents to connect", lambda: _agents(machine, token))
        up = self._up(bootstrap, token, address)
        self._group.create_task(self._renew(bootstrap, up), name="token")
        return Running(machine, up)

    async def _nats(self) -> str:
        server = NatsServer(self._machine.layout.folder / "nats")
        await _started(server)
        self._stack.push_async_callback(server.stop)
        self._group.create_task(self._watch_nats(server), name="nats")
        return server.url

    async def _watch_nats(self, server: NatsServer) -> None:
        while True:
            await asyncio.sleep(0.5)
            if server.pid is not None and _has_ended(server.pid):
                self._report("nats fell and is started again")
                server.kill()
                await _started(server)

    def _run(self, child: Child) -> None:
        runner = Runner(child, self._report)
        self._stack.push_async_callback(runner.stop)
        self._group.create_task(runner.run(), name=child.name)

    async def _bootstrapped(self) -> Bootstrap | None:
        # Read once they answer: on an empty store they make their clients anew, and an earlier start's file is there.
        return self._machine.layout.read_bootstrap() if await _answers(f"{self._machine.server}/readyz") else None

    def _up(self, bootstrap: Bootstrap, token: str, nats_url: str) -> Up:
        layout = self._machine.layout
        up = Up(self._machine.server, token, bootstrap.gateway, nats_url, self._machine.kubeconfigs)
        layout.write_up(up)
        return up

    async def _renew(self, bootstrap: Bootstrap, up: Up) -> None:
        while True:
            await asyncio.sleep(TOKEN_SECONDS)
            if token := await _token(bootstrap):
                self._up(bootstrap, token, up.nats)

    async def _until(self, what: str, asked: Callable[[], Awaitable[Found | None]]) -> Found:
        try:
            async with asyncio.timeout(START_SECONDS):
                while not (found := await asked()):  # noqa: ASYNC110 - another process has no event to wait for
                    await asyncio.sleep(0.1)
        except TimeoutError:
            logs = self._machine.layout.folder / "logs"
            raise Stop(Exit.FAILED, f"waited {START_SECONDS:.0f} s for {what}", f"the logs are in {logs}") from None
        return found


async def _started(server: NatsServer) -> None:
    try:
        await server.start()
    except (ServerMissing, ServerFailed) as error:
        raise Stop(Exit.FAILED, f"NATS does not start: {error}") from error


async def _written(path: str) -> bool | None:
    return os.path.exists(path) or None  # noqa: ASYNC240 - one look at a local folder


async def _answers(url: str) -> bool | None:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(url) as response:
                return response.status == 200 or None
        except aiohttp.ClientError:
            return None


async def _token(bootstrap: Bootstrap) -> str | None:
    form = {
        "grant_type": "client_credentials",
        "client_id": bootstrap.admin.client_id,
        "client_secret": bootstrap.admin.client_secret,
    }
    async with aiohttp.ClientSession() as session:
        try:
            async with session.post(f"{bootstrap.issuer.rstrip('/')}/oauth/token", data=form) as response:
                return str((await response.json())["access_token"]) if response.status == 200 else None
        except aiohttp.ClientError:
            return None


async def _agents(machine: Machine, token: str) -> bool | None:
    """Whether the agent of every cluster is connected."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        try:
            async with session.get(f"{machine.server}/api/v1/agents") as response:
                listed = msgspec.json.decode(await response.read(), type=AgentList)
        except (aiohttp.ClientError, msgspec.MsgspecError):
            return None
    return {agent.name for agent in listed.agents if agent.connected} >= set(machine.agents) or None


def _has_ended(pid: int) -> bool:
    """Whether a child of ours is dead; it stays for its owner to bury."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _stop_in(failure: BaseException) -> BaseException:
    """The first thing that can be told to a person, wherever in the groups it is."""
    if not isinstance(failure, BaseExceptionGroup):
        return failure
    found = failure.subgroup(Stop)
    return _stop_in((found or failure).exceptions[0])
