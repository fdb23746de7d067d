"""The services, one cluster and virtual time, and a person's commands to them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

import yaml

from libs.api.request import Again, Decision, StartRequest
from libs.api.view import Accepted, Decided, DeploymentView
from libs.auth import clients
from libs.auth.clients import NewClient
from libs.auth.principal import Kind, Principal
from libs.config import store as configuration
from libs.config.model import Config, MetricProvider
from libs.config.store import Revised
from libs.durable.record import load
from libs.link.connections import BUCKET, Connection, Connections, encode_connections
from libs.link.memory import MemoryLink
from libs.messages.agent import Ask, Frame
from libs.messages.subject import PARTITIONS, Key, state_subject
from libs.messages.webhook import CallBack
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from libs.webhook.machine import MACHINE as WEBHOOK
from sandbox.server import Options, running
from services.intake.accepting.acceptance import key_of_id
from services.intake.accepting.starting import Starting
from services.intake.accepting.undoing import Success, undone
from services.intake.deciding import decision
from services.intake.deciding.deciding import Caller, Choose, Deciding
from services.intake.deciding.ordering import Ordering
from services.intake.following.feed import Feed
from services.intake.following.frames import Following
from services.intake.listing.index import Index
from services.intake.service import note
from services.intake.settings import IntakeSettings
from services.intake.showing.records import Records
from tests.crash import Fuse
from tests.integration.crash.cluster import Recorded
from tests.integration.crash.plane import NEVER, TENANT, Plane, meanwhile
from tests.integration.crash.skipping import LoopClock
from tests.integration.transcripts.diary import Diary
from tests.integration.transcripts.outside import Outside
from tests.integration.transcripts.services import TOKENS, evaluator, webhooks

AGENT = "eu"
LONGEST_SECONDS = 2 * 24 * 3600
ENDED = ("succeeded", "failed", "cancelled")
CHOICES: dict[str, Choose] = {
    "approve": decision.approve,
    "reject": decision.reject,
    "abort": decision.abort,
    "rollback": decision.roll_back,
    "pause": decision.pause,
    "resume": decision.resume,
    "advance": decision.advance,
}


class Stage:
    def __init__(self, plane: Plane, diary: Diary) -> None:
        self.plane = plane
        self.diary = diary
        self.started: list[str] = []
        """Ids, oldest first: `$FIRST`, `$SECOND` and so on in a page."""
        settings = IntakeSettings(intake_minimum_timeout_seconds=5)
        process = Process("intake", ProcessSettings(), Health(), Metrics(), plane.clock, Random(1), "intake-1")
        bus = plane.bus()
        self.outside = Outside(diary.note)
        plane.link = MemoryLink(self._answers)
        self._index = Index()
        self.feed = Feed(bus, lambda stored: note(self._index, stored))
        self._starting = Starting(plane.store, process, settings)
        self._ordering = Ordering(plane.store, self.feed, process, settings)
        self._deciding = Deciding(self._ordering)
        self._following = Following(plane.store, Records(plane.store), self.feed)

    async def start(self, who: str, request: StartRequest) -> Accepted:
        accepted = await self._starting.start(principal(who), request, "")
        self.started.append(accepted.id)
        return accepted

    async def redeploy(self, who: str, deployment: str, change: Again) -> Accepted:
        accepted = await self._starting.again(principal(who), _key(deployment), change, "")
        self.started.append(accepted.id)
        return accepted

    async def undo(self, who: str) -> Accepted:
        view = await self.view()
        earlier = []
        for one in self._index.successes_before(TENANT, view.application, view.id):
            names = tuple(target.name for target in (await self.view(one)).targets)
            earlier.append(Success(one, names))
        undo = undone(view, None, earlier)
        return await self.redeploy(who, undo.deployment, Again(targets=undo.targets))

    async def decide(self, who: str, verb: str, wanted: Decision, deployment: str = "") -> Decided:
        """`deployment` is the last that was started where none is named."""
        key, view = _key(deployment or self.started[-1]), await self.view(deployment)
        return await self._deciding.decide(Caller(principal(who), {}), key, view, (CHOICES[verb], wanted))

    async def view(self, deployment: str = "") -> DeploymentView:
        view = await self._following.view(_key(deployment or self.started[-1]))
        assert view is not None
        return view

    async def call_back(self, success: bool, message: str) -> None:
        """What was called last answers at the address that it was given."""
        address = self.outside.callbacks[-1]
        place = TOKENS.place(address.rpartition("/")[2])
        assert place is not None, "nobody was given an address"
        stored = await self.plane.store.last(state_subject(WEBHOOK.noun, place))
        assert stored is not None
        run = load(WEBHOOK, stored).state
        order = CallBack(run=run.run, success=success, message=message, by="ci", id=f"{address}{message}")
        await self._ordering.give(order, place, principal("ci"))

    def _answers(self, tenant: str, agent: str, ask: Ask) -> AsyncGenerator[Frame, None]:
        return self.outside.answer(ask) if ask.verb == "call" else self.plane.cluster.answer(ask)

    async def apply(self, manifests: str, namespace: str) -> list[str]:
        """What a person does with `kubectl`."""
        made = []
        for value in yaml.safe_load_all(manifests):
            kind, name = value["kind"], value["metadata"]["name"]
            group = "/api/v1" if value["apiVersion"] == "v1" else f"/apis/{value['apiVersion']}"
            place = "" if kind in ("Namespace", "CustomResourceDefinition") else f"/namespaces/{namespace}"
            await self.plane.cluster.ask("POST", f"{group}{place}/{kind.lower()}s", value)
            made.append(f"{kind.lower()}/{name} created")
        await self.plane.clock.sleep(5)
        return made

    async def scale(self, namespace: str, name: str, replicas: int) -> list[str]:
        """What a person does, or an autoscaler. `name` is `deployment/web`."""
        kind, _, name = name.partition("/")
        path = f"/apis/apps/v1/namespaces/{namespace}/{kind}s/{name}"
        live = await self.plane.cluster.ask("GET", path)
        await self.plane.cluster.ask("PUT", path, {**live, "spec": {**live["spec"], "replicas": replicas}})
        await self.plane.clock.sleep(5)
        return [f"{kind}.apps/{name} scaled"]

    async def quiet(self) -> None:
        """Until the deployment has ended, or a person is asked for."""
        await self._until(lambda view: view.phase in ENDED or bool(view.awaiting))
        await self.plane.clock.sleep(5)

    async def pass_time(self, seconds: float) -> None:
        await self.plane.clock.sleep(seconds)

    async def _until(self, is_so: Callable[[DeploymentView], bool]) -> None:
        async with asyncio.timeout(LONGEST_SECONDS):
            read = self.plane.broker.last_sequence
            while not is_so(await self.view()):
                # A view takes several reads: what was stored meanwhile is no reason to wait for more.
                while self.plane.broker.last_sequence == read:
                    await self.plane.broker.changed()
                read = self.plane.broker.last_sequence


def _key(deployment: str) -> Key:
    key = key_of_id(TENANT, deployment, PARTITIONS)
    assert key is not None, f"{deployment} is no deployment's id"
    return key


def principal(name: str) -> Principal:
    """Everybody may steer; `name+role` has a role more."""
    who, *roles = name.split("+")
    return Principal(TENANT, who, frozenset({"deployer", *roles}), Kind.USER, datetime(2030, 1, 1, tzinfo=UTC))


@asynccontextmanager
async def stages() -> AsyncIterator[Stage]:
    fuse = Fuse(NEVER, after=False)
    async with running(Options(nodes=2), LoopClock()) as (api, cluster), asyncio.TaskGroup() as group:
        plane = Plane(Recorded(api, cluster))
        ticking = group.create_task(plane.broker.run())
        stage = Stage(plane, Diary(plane.broker, plane.clock, cluster))
        await clients.create(plane.store, NewClient(TENANT, AGENT, ("agent",), Kind.AGENT), plane.clock, Random(2))
        there = Connections("gateway", (Connection(TENANT, AGENT, "a", "1", plane.clock.now().isoformat()),))
        await plane.store.put(BUCKET, "gateway", encode_connections(there))
        provider = MetricProvider(name="prometheus", type="prometheus", url="http://prometheus.internal", agent=AGENT)
        config = Revised(Config(metric_providers=(provider,)), 0)
        await configuration.write(plane.store, TENANT, config, plane.clock.now(), "ann")
        feeding = group.create_task(stage.feed.run(0))
        async with meanwhile(*(service(fuse) for service in plane.services()), webhooks(plane), evaluator(plane)):
            yield stage
        feeding.cancel()
        ticking.cancel()
