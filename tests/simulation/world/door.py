"""Intake as a process of the simulation, and what its clients can ask of it."""

from libs.api.request import Again, Decision, StartRequest
from libs.api.view import Accepted, Decided, DeploymentView
from libs.auth.callbacks import CallbackTokens
from libs.durable.record import load
from libs.messages.subject import Key, state_subject
from libs.messages.webhook import CallBack
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process as Runtime
from libs.runtime.settings import ProcessSettings
from libs.webhook.machine import MACHINE as WEBHOOK
from services.intake.accepting.starting import Starting
from services.intake.deciding.deciding import Caller, Deciding
from services.intake.deciding.ordering import Ordering
from services.intake.following.feed import Feed
from services.intake.following.frames import Following
from services.intake.settings import IntakeSettings
from services.intake.showing.records import Records
from tests.integration.transcripts.stage import CHOICES, principal
from tests.simulation.ports.process import Process
from tests.simulation.world.world import World

_SETTINGS = IntakeSettings(intake_minimum_timeout_seconds=5)


class Door:
    """One incarnation of intake."""

    def __init__(self, world: World, process: Process) -> None:
        ports = world.ports(process)
        runtime = Runtime(
            "intake", ProcessSettings(), Health(), Metrics(), ports.clock, world.random("door"), process.name
        )
        self.feed = Feed(ports.bus, lambda stored: None)
        self._store = ports.store
        self._starting = Starting(ports.store, runtime, _SETTINGS)
        self._ordering = Ordering(ports.store, self.feed, runtime, _SETTINGS)
        self._deciding = Deciding(self._ordering)
        self._following = Following(ports.store, Records(ports.store), self.feed)

    async def start(self, who: str, request: StartRequest, idempotency_key: str) -> Accepted:
        return await self._starting.start(principal(who), request, idempotency_key)

    async def again(self, who: str, key: Key, change: Again, idempotency_key: str) -> Accepted:
        return await self._starting.again(principal(who), key, change, idempotency_key)

    async def view(self, key: Key) -> DeploymentView | None:
        return await self._following.view(key)

    async def decide(self, who: str, verb: str, wanted: Decision, key: Key) -> Decided:
        view = await self.view(key)
        assert view is not None, f"{key.deployment} was accepted and is not known"
        return await self._deciding.decide(Caller(principal(who), {}), key, view, (CHOICES[verb], wanted))

    async def call_back(self, tokens: CallbackTokens, address: str, success: bool) -> None:
        place = tokens.place(address.rpartition("/")[2])
        assert place is not None, f"{address} is no callback's address"
        stored = await self._store.last(state_subject(WEBHOOK.noun, place))
        if stored is not None:
            run = load(WEBHOOK, stored).state
            order = CallBack(run=run.run, success=success, message="done", by="ci", id=f"{address}{success}")
            await self._ordering.give(order, place, principal("ci"))
