"""The webhooks service on any ports, with planner and executor played by the test."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from libs.durable.partitions import Ports
from libs.durable.ports import Bus, Store, Write
from libs.durable.record import Loaded, load
from libs.messages.codec import decode, decode_envelope, encode, encode_envelope
from libs.messages.message import Envelope, Message, key_of
from libs.messages.run import Place, Subject, run_name
from libs.messages.subject import Key, message_filter, message_subject, state_subject
from libs.messages.webhook import StartWebhook
from libs.plan.model import Definitions
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from libs.spec.model import Webhook
from libs.webhook.machine import MACHINE
from libs.webhook.state import Run
from services.webhooks.service import serve
from services.webhooks.settings import Settings
from tests.integration.link.plane import running
from tests.waiting import PATIENCE

TENANT = "acme"
KEY = Key(TENANT, 3, "03000000-0000-8000-8000-00000000000d")
PLACE = Place(stage="strategy", step=2)
RUN = run_name("prod", PLACE)
SUBJECT = Subject("shop", "prod", "prod-eu", "shop-ns", ("web-6d5f",), {"owner": "gate"})
PUBLIC = "https://fairlead.test"

Said = TypeVar("Said", bound=Message)
_numbers = count(1)


class World:
    """What is said to the service, and what it says."""

    def __init__(self, store: Store, bus: Bus, folder: Path) -> None:
        self.store = store
        self.bus = bus
        self.folder = folder

    def secret(self, name: str, value: str) -> None:
        (self.folder / "secrets" / TENANT).mkdir(parents=True, exist_ok=True)
        (self.folder / "secrets" / TENANT / name).write_text(value)

    async def start(self, webhook: Webhook, context: dict[str, str] | None = None) -> None:
        definitions = Definitions(webhooks={"tests": webhook}, context=context or {})
        digest = await self.store.save(msgspec.json.encode(definitions))
        await self.say(StartWebhook(run=RUN, place=PLACE, name="tests", definitions=digest, subject=SUBJECT))

    async def say(self, message: Message) -> str:
        envelope = Envelope(
            id=f"said-{next(_numbers)}",
            at=SystemClock().now(),
            tenant=TENANT,
            type=message.address,
            data=encode(message),
        )
        subject = message_subject(message.address, key_of(message, KEY))
        await self.store.commit([Write(subject, encode_envelope(envelope), id=envelope.id)])
        return envelope.id

    async def hears(self, kind: type[Said], seconds: float = PATIENCE) -> Said:
        """The first of this kind, ever."""
        async with asyncio.timeout(seconds):
            async for stored in self.bus.follow([message_filter(kind.address)], 0):
                envelope = decode_envelope(stored.data)
                message = decode(envelope.type, envelope.data)
                assert isinstance(message, kind)
                return message
        raise AssertionError

    async def run(self) -> Loaded[Run]:
        stored = await self.store.last(state_subject("webhook", KEY.of_target(RUN)))
        return load(MACHINE, stored) if stored else Loaded(MACHINE.initial)

    async def everything_stored(self) -> str:
        """Every record, order, fact and timer, as text."""
        return "\n".join([stored.data.decode() async for stored in self.store.history([">"])])


def a_process(folder: Path, member: str = "webhooks-1", profile: str = "development") -> Process:
    settings = msgspec.structs.replace(ProcessSettings(), state_dir=folder, profile=profile)
    return Process("webhooks", settings, Health(), Metrics(), SystemClock(), system_random(), member)


@asynccontextmanager
async def serving(
    w: World, member: str = "webhooks-1", profile: str = "development", **settings: Any
) -> AsyncIterator[None]:
    process = a_process(w.folder, member, profile)
    configured = msgspec.structs.replace(Settings(webhooks_lease_seconds=2), **settings)
    async with running(serve(configured, Ports(w.bus, w.store, process.clock), process, PUBLIC)):
        yield


@asynccontextmanager
async def process_of_its_own(folder: Path, nats_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as `python -m services.webhooks`, which can be killed."""
    variables = {
        "FAIRLEAD_PROFILE": "development",
        "FAIRLEAD_STATE_DIR": str(folder),
        "FAIRLEAD_NATS_URL": nats_url,
        "FAIRLEAD_HTTP_ADDRESS": "127.0.0.1:0",
        "FAIRLEAD_PUBLIC_URL": PUBLIC,
        "FAIRLEAD_WEBHOOKS_LEASE_SECONDS": "2",
        "FAIRLEAD_SEALING_KEY": base64.b64encode(b"k" * 32).decode(),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.webhooks", env={**os.environ, **variables}, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
