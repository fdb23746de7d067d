"""Agents, as whoever runs them sees them: registered, shown with their connection, and taken away again."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from libs.api.request import NewAgent
from libs.api.view import ENDED, AgentCreated, AgentDeleted, AgentList, DeploymentSummary, DeploymentView
from libs.auth import clients
from libs.auth.clients import ClientExists, NewClient, WrongClient
from libs.auth.http import caller
from libs.auth.permissions import AGENT
from libs.auth.principal import Kind
from libs.durable.ports import Store
from libs.runtime import log
from libs.runtime.http import answer, body
from libs.runtime.problem import Problem, quoted
from libs.runtime.process import Process
from services.intake.directory import Directory
from services.intake.listing.index import ACTIVE, MOST_PAGE, Index, Query

_STAYS = frozenset({"succeeded", "rolled_back", "failed", "cancelled"})
"""A target in one of these asks nothing more of its agent."""

View = Callable[[str, str], Awaitable[DeploymentView | None]]
"""A tenant's deployment by its id."""


class Agents:
    def __init__(self, store: Store, index: Index, view: View, process: Process) -> None:
        self._store = store
        self._index = index
        self._view = view
        self._process = process
        self._directory = Directory(store, process.clock)

    async def list_(self, request: web.Request) -> web.Response:
        return answer(AgentList(await self._directory.agents(caller(request).tenant)))

    async def create(self, request: web.Request) -> web.Response:
        who, wanted = caller(request), await body(request, NewAgent)
        new = NewClient(who.tenant, wanted.name, (AGENT,), Kind.AGENT, who.subject)
        try:
            made = await clients.create(self._store, new, self._process.clock, self._process.random)
        except ClientExists as error:
            raise Problem(409, f"an agent {quoted(wanted.name)} is registered already", "agent_exists") from error
        except WrongClient as error:
            raise Problem(422, str(error), "wrong_agent") from error
        log.logger().info("agent_created", agent=wanted.name, by=who.subject)
        return answer(AgentCreated(wanted.name, made.client_id, made.secret.reveal()), 201)

    async def delete(self, request: web.Request) -> web.Response:
        """Take an agent's credential away. `force`: whatever goes on there."""
        who, name = caller(request), request.match_info["agent"]
        listed = await self._directory.agents(who.tenant)
        agent = next((one for one in listed if one.name == name), None)
        if agent is None:
            raise Problem(404, f"no agent is registered as {quoted(name)}")
        if not _is_forced(request):
            await self._check_idle(who.tenant, name, is_connected=agent.connected)
        client_id = clients.id_of(NewClient(who.tenant, name, (AGENT,), Kind.AGENT))
        await clients.delete(self._store, who.tenant, client_id)
        log.logger().info("agent_deleted", agent=name, by=who.subject, connected=agent.connected)
        return answer(AgentDeleted(name, client_id, agent.connected))

    async def _check_idle(self, tenant: str, name: str, *, is_connected: bool) -> None:
        if waiting := [one for one in self._active(tenant) if await self._needs(tenant, one.id, name)]:
            detail = f"{len(waiting)} deployment(s) under way go to {quoted(name)}, and could not end or go back"
            raise Problem(409, f"{detail}; wait for their end, or force it", "agent_in_use", {"deployments": waiting})
        if is_connected:
            detail = f"the agent {quoted(name)} is connected; stop it first, or force it"
            raise Problem(409, detail, "agent_connected")

    def _active(self, tenant: str) -> tuple[DeploymentSummary, ...]:
        return self._index.page(Query(tenant, phase=ACTIVE, limit=MOST_PAGE)).deployments

    async def _needs(self, tenant: str, deployment: str, agent: str) -> bool:
        view = await self._view(tenant, deployment)
        if view is None or view.phase in ENDED:
            return False
        return any(target.agent == agent and target.phase not in _STAYS for target in view.targets)


def _is_forced(request: web.Request) -> bool:
    given = request.query.get("force", "false")
    if given not in ("true", "false"):
        raise Problem(400, f"force takes true or false, not {quoted(given)}")
    return given == "true"
