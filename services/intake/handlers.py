"""What intake answers to each request: one method per route."""

from aiohttp import web
from msgspec.structs import replace

from libs.api.request import Again, Decision, StartRequest
from libs.api.view import DeploymentView, WhoAmI
from libs.auth.http import caller, caller_grants, require
from libs.auth.permissions import Action, allowed
from libs.config.store import Configuration
from libs.durable.ports import Store
from libs.messages.subject import PARTITIONS, Key
from libs.runtime.health import SAFE_MODE
from libs.runtime.http import answer, body
from libs.runtime.problem import Problem, quoted
from libs.runtime.process import Process
from services.intake.accepting.acceptance import key_of_id
from services.intake.accepting.starting import Starting
from services.intake.accepting.undoing import MOST_LOOKED_AT, NotUndone, Success, touched, undone
from services.intake.agents import Agents
from services.intake.configuring import Configuring
from services.intake.deciding import decision
from services.intake.deciding.callbacks import Callbacks
from services.intake.deciding.deciding import Caller, Choose, Deciding, is_asked
from services.intake.deciding.ordering import Ordering
from services.intake.following.feed import Feed
from services.intake.following.frames import Following
from services.intake.following.streaming import Streaming
from services.intake.listing.index import Index
from services.intake.listing.naming import ambiguous, named
from services.intake.listing.query import idempotency_key, list_query
from services.intake.settings import IntakeSettings
from services.intake.showing.records import Records


class Intake:
    def __init__(self, store: Store, feed: Feed, index: Index, process: Process, settings: IntakeSettings) -> None:
        self._store = store
        self._index = index
        self._process = process
        self.agents = Agents(store, index, self.view, process)
        self.starting = Starting(store, process, settings)
        self._following = Following(store, Records(store), feed)
        self._streaming = Streaming(self._following, process.clock, settings.intake_streams)
        self.configuration = Configuration(store, process.clock)
        self.configuring = Configuring(store, self.configuration, process)
        ordering = Ordering(store, feed, process, settings)
        self._deciding = Deciding(ordering)
        self.callbacks = Callbacks(store, ordering, process)

    @property
    def safe_mode(self) -> str:
        """Why nothing may be accepted now; empty where it may."""
        return self._process.health.reasons.get(SAFE_MODE, "")

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
        """Deploy what the targets of this deployment ran before it."""
        change = await body(request, Again) if request.can_read_body else Again()
        key, view = await self.found(request)
        try:
            undo = undone(view, change.targets, await self._earlier(key, view))
        except NotUndone as error:
            raise Problem(409, str(error), error.code) from error
        before = key_of_id(key.tenant, undo.deployment, PARTITIONS)
        assert before is not None, "it is an id of the list's"
        change = replace(change, targets=undo.targets)
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

    async def config(self, request: web.Request) -> web.Response:
        return await self.configuring.show(request)

    async def apply_config(self, request: web.Request) -> web.Response:
        return await self.configuring.apply(request)

    async def who_am_i(self, request: web.Request) -> web.Response:
        who = caller(request)
        return answer(WhoAmI(who.subject, who.tenant, tuple(sorted(who.roles))))

    async def _earlier(self, key: Key, view: DeploymentView) -> list[Success]:
        """The application's successes before, newest first, until every target that was touched has one."""
        missing, found = set(touched(view)), list[Success]()
        for one in self._index.successes_before(key.tenant, view.application, key.deployment)[:MOST_LOOKED_AT]:
            earlier = await self.view(key.tenant, one) if missing else None
            names = tuple(target.name for target in earlier.targets) if earlier else ()
            missing -= set(names)
            found.append(Success(one, names))
        return found

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
        fitting = named(self._index, who.tenant, given)
        whole = fitting[0].id if len(fitting) == 1 else given
        key, view = key_of_id(who.tenant, whole, PARTITIONS), await self.view(who.tenant, whole)
        if view is None or not is_asked(view, who):
            require(allowed(who, Action.DEPLOYMENT_READ, who.tenant, caller_grants(request)))
        if len(fitting) > 1:
            raise ambiguous(given, fitting)
        if key is None or view is None:
            raise Problem(404, f"there is no deployment {quoted(given)}")
        return key, view

    async def view(self, tenant: str, deployment: str) -> DeploymentView | None:
        key = key_of_id(tenant, deployment, PARTITIONS)
        return await self._following.view(key) if key else None
