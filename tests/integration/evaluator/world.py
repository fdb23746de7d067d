"""The evaluator on any ports, with whoever orders analyses played by the test."""

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

from libs.analysis.machine import MACHINE
from libs.analysis.state import Run
from libs.config.model import Config, MetricProvider
from libs.config.store import read, write
from libs.durable.partitions import Ports
from libs.durable.ports import Write
from libs.durable.record import Loaded, load
from libs.messages.analysis import StartAnalysis
from libs.messages.codec import decode, decode_envelope, encode, encode_envelope
from libs.messages.message import Envelope, Message, key_of
from libs.messages.run import Place, Subject, run_name
from libs.messages.subject import Key, message_filter, message_subject, state_subject
from libs.plan.model import Analysis, Definitions
from libs.runtime.clock import system_random
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from libs.spec.model import Query
from services.evaluator.service import serve
from services.evaluator.settings import Settings
from tests.integration.link.plane import running
from tests.waiting import PATIENCE

TENANT = "acme"
KEY = Key(TENANT, 3, "03000000-0000-8000-8000-00000000000d")
PLACE = Place("strategy", 2)
RUN = run_name("prod", PLACE)
SUBJECT = Subject("shop", "prod", "prod-eu", "shop-ns", ("web-new",), {"owner": "gate"})

Said = TypeVar("Said", bound=Message)
_numbers = count(1)


class World:
    """What is said to the service, and what it says."""

    def __init__(self, ports: Ports, folder: Path) -> None:
        self.ports = ports
        self.folder = folder

    def secret(self, name: str, value: str) -> None:
        (self.folder / "secrets" / TENANT).mkdir(parents=True, exist_ok=True)
        (self.folder / "secrets" / TENANT / name).write_text(value)

    async def configure(self, *providers: MetricProvider) -> None:
        known = await read(self.ports.store, TENANT)
        config = msgspec.structs.replace(known, config=Config(metric_providers=providers))
        await write(self.ports.store, TENANT, config, self.ports.clock.now(), "ann")

    async def start(self, queries: dict[str, Query], **changes: Any) -> None:
        """Asks all of the queries once a second, twice, of the provider `metrics`, unless `changes` say otherwise."""
        definitions = Definitions(queries=queries, default_provider="metrics", context={"pod": "a"})
        digest = await self.ports.store.save(msgspec.json.encode(definitions))
        analysis = Analysis(**{"queries": tuple(queries), "interval_seconds": 1, "runs": 2, **changes})
        await self.say(StartAnalysis(run=RUN, place=PLACE, analysis=analysis, definitions=digest, subject=SUBJECT))

    async def say(self, message: Message) -> None:
        envelope = Envelope(
            id=f"said-{next(_numbers)}",
            at=self.ports.clock.now(),
            tenant=TENANT,
            type=message.address,
            data=encode(message),
        )
        subject = message_subject(message.address, key_of(message, KEY))
        await self.ports.store.commit([Write(subject, encode_envelope(envelope), id=envelope.id)])

    async def hears(self, kind: type[Said], seconds: float = PATIENCE) -> Said:
        """The first of this kind, ever."""
        async with asyncio.timeout(seconds):
            async for stored in self.ports.bus.follow([message_filter(kind.address)], 0):
                envelope = decode_envelope(stored.data)
                message = decode(envelope.type, envelope.data)
                assert isinstance(message, kind)
                return message
        raise AssertionError

    async def heard(self, kind: type[Said]) -> list[Said]:
        """All of this kind so far."""
        stored = [one async for one in self.ports.store.history([message_filter(kind.address)])]
        envelopes = [decode_envelope(one.data) for one in stored]
        messages = [decode(envelope.type, envelope.data) for envelope in envelopes]
        return [message for message in messages if isinstance(message, kind)]

    async def run(self) -> Loaded[Run]:
        stored = await self.ports.store.last(state_subject("analysis", KEY.of_target(RUN)))
        return load(MACHINE, stored) if stored else Loaded(MACHINE.initial)

    async def everything_stored(self) -> str:
        """Every record, order, fact and timer, as text."""
        return "\n".join([stored.data.decode() async for stored in self.ports.store.history([">"])])


def a_process(w: World, member: str, profile: str) -> Process:
    settings = msgspec.structs.replace(ProcessSettings(), state_dir=w.folder, profile=profile)
    return Process("evaluator", settings, Health(), Metrics(), w.ports.clock, system_random(), member)


@asynccontextmanager
async def serving(
    w: World, member: str = "evaluator-1", profile: str = "development", **settings: Any
) -> AsyncIterator[None]:
    configured = msgspec.structs.replace(Settings(evaluator_lease_seconds=2), **settings)
    async with running(serve(configured, w.ports, a_process(w, member, profile))):
        yield


@asynccontextmanager
async def process_of_its_own(folder: Path, nats_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as `python -m services.evaluator`, which can be killed."""
    variables = {
        "FAIRLEAD_PROFILE": "development",
        "FAIRLEAD_STATE_DIR": str(folder),
        "FAIRLEAD_NATS_URL": nats_url,
        "FAIRLEAD_HTTP_ADDRESS": "127.0.0.1:0",
        "FAIRLEAD_EVALUATOR_LEASE_SECONDS": "2",
        "FAIRLEAD_SEALING_KEY": base64.b64encode(b"k" * 32).decode(),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.evaluator", env={**os.environ, **variables}, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
