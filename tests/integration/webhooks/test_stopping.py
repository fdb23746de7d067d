"""A service that stops at any call of a port leaves what its successor finishes: told once, called under known ids."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from libs.auth.callbacks import CallbackTokens
from libs.bus.broker import Broker
from libs.durable.commit import Shell
from libs.durable.partitions import Ports
from libs.durable.writes import Cause, message_write
from libs.link.memory import MemoryLink
from libs.messages import codec
from libs.messages.agent import Ask, Frame
from libs.messages.message import Message
from libs.messages.webhook import CallBack, StartWebhook
from libs.plan.model import Definitions
from libs.secrets.folder import SecretFolder
from libs.spec.model import Webhook
from libs.store.memory import MemoryStore
from libs.webhook.machine import MACHINE
from libs.webhook.state import Phase
from services.webhooks.caller import Caller
from services.webhooks.handlers import Webhooks
from services.webhooks.papers import Papers
from services.webhooks.rendering import Request
from services.webhooks.service import hold, listening
from services.webhooks.steering import Tools
from services.webhooks.way import Answer
from tests.crash import CrashingStore, Fuse
from tests.integration.crash.plane import NEVER, _CrashingBus, meanwhile, twice
from tests.integration.crash.skipping import LoopClock, run
from tests.integration.webhooks.world import KEY, PLACE, PUBLIC, RUN, SUBJECT

CALLED = KEY.of_target(RUN)


class Ended(Struct, frozen=True):
    facts: dict[str, int]
    """How often each was told, without the reasons for waiting."""
    pending: int
    deliveries: list[str]


class Called:
    """Fails the first delivery, takes every other."""

    def __init__(self) -> None:
        self.deliveries: list[str] = []

    async def send(self, request: Request, seconds: float) -> Answer:
        delivery = dict(request.headers)["X-Fairlead-Delivery"]
        self.deliveries.append(delivery)
        return Answer(500 if delivery == self.deliveries[0] else 200)


class Fused:
    """The way out behind the fuse."""

    def __init__(self, called: Called, fuse: Fuse) -> None:
        self._called = called
        self._fuse = fuse

    async def send(self, request: Request, seconds: float) -> Answer:
        return await self._fuse.around(lambda: self._called.send(request, seconds))


class Stage:
    def __init__(self) -> None:
        self.clock = LoopClock()
        self.broker = Broker(self.clock)
        self.store = MemoryStore(self.broker)
        self.called = Called()

    async def live(self, fuse: Fuse) -> None:
        """One process of the service."""
        store = CrashingStore(self.store, fuse)
        ports = Ports(_CrashingBus(self.broker, fuse), store, self.clock)
        runs = Shell(MACHINE, store, self.clock)
        tools = Tools(
            runs=runs,
            papers=Papers(store),
            caller=Caller(self.clock, 30, 4),
            direct=Fused(self.called, fuse),
            link=MemoryLink(_nobody),
            secrets=SecretFolder(Path("/nowhere")),
            tokens=CallbackTokens(b"k" * 32),
            public_url=PUBLIC,
            clock=self.clock,
            process=f"webhooks-{id(fuse)}",
        )
        webhooks = Webhooks(tools, store, ports.bus)
        async with asyncio.TaskGroup() as group:
            group.create_task(webhooks.run())
            group.create_task(hold(webhooks, listening(webhooks, runs), ports, KEY.partition))

    def say(self, message: Message) -> None:
        self.broker.commit([message_write(CALLED, message, message.address, Cause(""), self.clock.now())])

    async def until(self, *phases: Phase) -> None:
        async with asyncio.timeout(3600):
            while (await Shell(MACHINE, self.store, self.clock).load(CALLED)).state.phase not in phases:
                await self.broker.changed()

    def ended(self) -> Ended:
        stored = self.broker.stored(["evt.>"], 0)
        facts = Counter(codec.decode_envelope(one.data).type for one in stored)
        facts.pop("evt.webhook.hindered")
        pending = sum(len(consumer.unacknowledged) for consumer in self.broker.consumers.values())
        return Ended(dict(facts), pending, self.called.deliveries)


async def used(fuse: Fuse) -> Ended:
    """One use of a webhook, from its order to the end."""
    stage = Stage()
    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(stage.broker.run())
        definitions = Definitions(webhooks={"tests": Webhook(uri="https://ci.test/", retries=1)})
        digest = await stage.store.save(msgspec.json.encode(definitions))
        stage.say(StartWebhook(run=RUN, place=PLACE, name="tests", definitions=digest, subject=SUBJECT))
        async with meanwhile(twice(partial(Stage.live, stage), fuse)):
            await stage.until(Phase.WAITING)
            stage.say(CallBack(run=RUN, success=True, by="ci", id="c1"))
            await stage.until(Phase.SUCCEEDED, Phase.FAILED)
            await stage.clock.sleep(60)
        ticking.cancel()
    return stage.ended()


async def _nobody(tenant: str, agent: str, ask: Ask) -> AsyncGenerator[Frame, None]:
    assert not tenant, "no agent is asked"
    yield Frame(0)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_anywhere_ends_the_same(after: bool) -> None:
    calm = run(used(Fuse(NEVER, after=False)))
    assert calm.facts == {"evt.webhook.called": 1, "evt.webhook.succeeded": 1}
    assert (calm.pending, len(calm.deliveries), len(set(calm.deliveries))) == (0, 2, 2)
    for number in itertools.count(1):
        fuse = Fuse(number, after)
        ended = run(used(fuse))
        if not fuse.blown:
            break
        assert (ended.facts, ended.pending) == (calm.facts, 0), f"stopped at call {number}"
        assert list(dict.fromkeys(ended.deliveries)) == calm.deliveries, f"stopped at call {number}"
        assert len(ended.deliveries) <= 3
    assert number > 15
