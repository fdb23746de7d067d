"""What intake answers to each request: one method per route."""

from aiohttp import web

from libs.api.request import Again, Decision, NewAgent, StartRequest
from libs.api.view import AgentCreated, AgentList, DeploymentView, WhoAmI
from libs.auth import clients
from libs.auth.clients import ClientExists, NewClient, WrongClient
from libs.auth.http import caller, caller_grants, require
from libs.auth.permissions import AGENT, Action, allowed
from libs.auth.principal import Kind
from libs.config.store import Configuration
from libs.durable.ports import Store
from libs.messages.subject import PARTITIONS, Key
from libs.runtime.http import answer, body
from libs.runtime.problem import Problem, quoted
from libs.runtime.process import Process
from services.intake.accepting.acceptance import key_of_id
from services.intake.accepting.starting import Starting
from services.intake.configuring import Configuring
from services.intake.deciding import decision
from services.intake.deciding.callbacks import Callbacks
from services.intake.deciding.deciding import Caller, Choose, Deciding, is_asked
from services.intake.deciding.ordering import Ordering
from services.intake.directory import Directory
from services.intake.following.feed import Feed
from services.intake.following.frames import Following
from services.intake.following.streaming import Streaming
from services.intake.listing.index import Index
from services.intake.listing.query import idempotency_key, list_query
from services.intake.settings import IntakeSettings
from services.intake.showing.records import Records


class Intake:
    def __init__(self, store: Store, feed: Feed, index: Index, process: Process, settings: IntakeSettings) -> None:
        self._store = store
        self._index = index
        self._process = process
        self._directory = Directory(store, process.clock)
        self.starting = Starting(store, process, settings)
        self._following = Following(store, Records(store), feed)
        self._streaming = Streaming(self._following, process.clock, settings.intake_streams)
        self.configuration = Configuration(store, process.clock)
        self.configuring = Configuring(store, self.configuration, process)
        ordering = Ordering(store, feed, process, settings)
        self._deciding = Deciding(ordering)
        self.callbacks = Callbacks(store, ordering, process)

    async def start(self, request: web.Request) -> web.Response:
        wanted = await body(request, StartRequest)
        accepted = await self.starting.start(caller(request), wanted, idempotency_key(request))
        return answer(accepted, 202, {"Location": accepted.links.self})

    async def redeploy(self, request: web.Request) -> web.Response:
        change = await body(request, Again) if request.can_read_body else Again()
        key, _ = await self.found(request)
        accepted = await self.starting.again(caller(request), key, change, idempotency_key(request))
        return answer(accepted, 202, {"Location": accepted.links.self})

    async def undo(self, request: web.Request) -> web.Response:
        """Deploy what the application ran before this deployment."""
        change = await body(request, Again) if request.can_read_body else Again()
        key, view = await self.found(request)
        success = self._index.previous_success(key.tenant, view.application, key.deployment)
        before = key_of_id(key.tenant, success, PARTITIONS)
        if before is None:
            detail = f"{view.application} has no successful deployment before {key.deployment}"
            raise Problem(409, detail, "nothing_to_undo")
        accepted = await self.starting.again(caller(request), before, change, idempotency_key(request))
        return answer(accepted, 202, {"Location": accepted.links.self})

    async def validate(self, request: web.Request) -> web.Response:
        return answer(await self.starting.validate(caller(request), await body(request, StartRequest)))

    async def show(self, request: web.Request) -> web.Response:
        _, view = await self.found(request)
        return answer(view)

    async def list_(self, request: web.Request) -> web.Response:
        try:
            return answer(self._index.page(list_query(request, caller(request).tenant)))
        except ValueError as error:
            raise Problem(400, f"not a cursor of this list: {quoted(request.query['cursor'])}") from error

    async def events(self, request: web.Request) -> web.StreamResponse:
        key, _ = await self.found(request)
        return await self._streaming.stream(request, caller(request), key)

    async def approve(self, request: web.Request) -> web.Response:
        return await self._decide(request, decision.approve)

    async def reject(self, request: web.Request) -> web.Response:
        return await self._decide(request, decision.reject)

    async def abort(self, request: web.Request) -> web.Response:
        return await self._decide(request, decision.abort)

    async def pause(self, request: web.Request) -> web.Response:
        return await self._decide(request, decision.pause)

    async def resume(self, request: web.Request) -> web.Response:
        return await self._decide(request, decision.resume)

    async def advance(self, request: web.Request) -> web.Response:
        return await self._decide(request, decision.advance)

    async def roll_back(self, request: web.Request) -> web.Response:
        return await self._decide(request, decision.roll_back)

    async def abandon(self, request: web.Request) -> web.Response:
        return await self._decide(request, decision.abandon)

    async def call_back(self, request: web.Request) -> web.Response:
        decided = await self.callbacks.take(request, caller(request))
        return answer(decided, 200 if decided.state == "done" else 202)

    async def agents(self, request: web.Request) -> web.Response:
        return answer(AgentList(await self._directory.agents(caller(request).tenant)))

    async def create_agent(self, request: web.Request) -> web.Response:
        who, wanted = caller(request), await body(request, NewAgent)
        new = NewClient(who.tenant, wanted.name, (AGENT,), Kind.AGENT, who.subject)
        try:
            made = await clients.create(self._store, new, self._process.clock, self._process.random)
        except ClientExists as error:
            raise Problem(409, f"an agent {quoted(wanted.name)} is registered already", "agent_exists") from error
        except WrongClient as error:
            raise Problem(422, str(error), "wrong_agent") from error
        return answer(AgentCreated(wanted.name, made.client_id, made.secret.reveal()), 201)

    async def config(self, request: web.Request) -> web.Response:
        return await self.configuring.show(request)

    async def apply_config(self, request: web.Request) -> web.Response:
        return await self.configuring.apply(request)

    async def who_am_i(self, request: web.Request) -> web.Response:
        who = caller(request)
        return answer(WhoAmI(who.subject, who.tenant, tuple(sorted(who.roles))))

    async def _decide(self, request: web.Request, choose: Choose) -> web.Response:
        wanted = await body(request, Decision) if request.can_read_body else Decision()
        key, view = await self.found(request)
        who = Caller(caller(request), caller_grants(request))
        decided = await self._deciding.decide(who, key, view, (choose, wanted))
        return answer(decided, 200 if decided.state == "done" else 202)

    async def found(self, request: web.Request) -> tuple[Key, DeploymentView]:
        """The deployment that the address names. Another tenant's is not there.

        Shown to whoever may read deployments, and to those by whose role it asks, or has asked, for an approval.
        """
        return await self.named(request, request.match_info["deployment"])

    async def named(self, request: web.Request, given: str) -> tuple[Key, DeploymentView]:
        who = caller(request)
        key, view = key_of_id(who.tenant, given, PARTITIONS), await self.view(who.tenant, given)
        if view is None or not is_asked(view, who):
            require(allowed(who, Action.DEPLOYMENT_READ, who.tenant, caller_grants(request)))
        if key is None or view is None:
            raise Problem(404, f"there is no deployment {quoted(given)}")
        return key, view

    async def view(self, tenant: str, deployment: str) -> DeploymentView | None:
        key = key_of_id(tenant, deployment, PARTITIONS)
        return await self._following.view(key) if key else None
