"""The webhooks service on a clock that skips, each life of it stopped where its fuse says."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
from msgspec import Struct

from libs.auth.callbacks import CallbackTokens
from libs.bus.broker import Broker
from libs.durable.commit import Shell
from libs.durable.contents import Contents
from libs.durable.partitions import Ports
from libs.durable.service import serve_partition
from libs.durable.writes import Cause, message_write
from libs.link.memory import MemoryLink
from libs.messages import codec
from libs.messages.agent import Ask, Frame
from libs.messages.message import Message
from libs.messages.webhook import StartWebhook
from libs.plan.model import Definitions
from libs.secrets.folder import SecretFolder
from libs.spec.model import Webhook
from libs.store.memory import MemoryStore
from libs.webhook.machine import MACHINE
from libs.webhook.state import Phase, Run
from services.webhooks.calling.caller import Caller
from services.webhooks.calling.preparing import Preparer
from services.webhooks.calling.rendering import Request
from services.webhooks.calling.way import Answer, Way
from services.webhooks.handlers import Webhooks
from services.webhooks.service import listening
from services.webhooks.steering import Tools
from tests.crash import CrashingBus, CrashingStore, Fuse
from tests.integration.crash.skipping import LoopClock
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

    def __init__(self, way: Way, fuse: Fuse) -> None:
        self._way = way
        self._fuse = fuse

    async def send(self, request: Request, seconds: float) -> Answer:
        return await self._fuse.around(lambda: self._way.send(request, seconds))


class Stage:
    def __init__(self, way: Way | None = None) -> None:
        self.clock = LoopClock()
        self.broker = Broker(self.clock)
        self.store = MemoryStore(self.broker)
        self.called = Called()
        self.way = way or self.called
        self.lives = 0
        self.public_url = PUBLIC

    async def live(self, fuse: Fuse) -> None:
        """One process of the service."""
        self.lives += 1
        store = CrashingStore(self.store, fuse)
        ports = Ports(CrashingBus(self.broker, fuse), store, self.clock)
        runs = Shell(MACHINE, store, self.clock)
        tools = Tools(
            runs=runs,
            preparer=Preparer(
                Contents(store, Definitions), SecretFolder(Path("/nowhere")), CallbackTokens(b"k" * 32), self.public_url
            ),
            caller=Caller(self.clock, 30, 4),
            direct=Fused(self.way, fuse),
            link=MemoryLink(_away),
            process=f"webhooks-{self.lives}",
        )
        webhooks = Webhooks(tools, store, ports.bus)
        async with asyncio.TaskGroup() as group:
            group.create_task(webhooks.run())
            group.create_task(serve_partition(listening(webhooks, runs), ports, KEY.partition))

    async def start(self, webhook: Webhook) -> None:
        digest = await self.store.save(msgspec.json.encode(Definitions(webhooks={"tests": webhook})))
        self.say(StartWebhook(run=RUN, place=PLACE, name="tests", definitions=digest, subject=SUBJECT))

    def say(self, message: Message) -> None:
        self.broker.commit([message_write(CALLED, message, message.address, Cause(""), self.clock.now())])

    async def until(self, *phases: Phase) -> None:
        async with asyncio.timeout(7 * 24 * 3600):
            while (await self.run()).phase not in phases:
                await self.broker.changed()

    async def run(self) -> Run:
        return (await Shell(MACHINE, self.store, self.clock).load(CALLED)).state

    def ended(self) -> Ended:
        stored = self.broker.stored(["evt.>"], 0)
        facts = Counter(codec.decode_envelope(one.data).type for one in stored)
        facts.pop("evt.webhook.hindered", None)
        pending = sum(len(consumer.unacknowledged) for consumer in self.broker.consumers.values())
        return Ended(dict(facts), pending, self.called.deliveries)


async def _away(tenant: str, agent: str, ask: Ask) -> AsyncGenerator[Frame, None]:
    yield Frame(0, last=True, problem="away")
