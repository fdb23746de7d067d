"""A notifier at work, the facts it hears, and receivers that answer as the test says."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from libs.config.model import Config, NotificationRule
from libs.config.store import Revised, read, write
from libs.durable.partitions import Ports
from libs.durable.ports import Store, Write
from libs.durable.record import Loaded
from libs.durable.record import encode as a_record
from libs.messages.codec import encode, encode_envelope
from libs.messages.message import Envelope, Message, key_of
from libs.messages.subject import Key, message_subject, state_subject
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from services.notifier.service import serve
from services.notifier.settings import Settings
from tests.integration.conftest import Ports as Both

SHOP = Key("main", 3, "0b9c1d2e-0000-8000-8000-000000000000")
CLOCK = SystemClock()


async def configure(store: Store, *rules: NotificationRule) -> None:
    found = await read(store, "main")
    await write(store, "main", Revised(Config(notifications=rules), found.revision, found.since), CLOCK.now(), "ann")


async def happened(store: Store, event_id: str, message: Message, key: Key = SHOP) -> None:
    """A machine's commit: the deployment's record and one fact."""
    envelope = Envelope(event_id, CLOCK.now(), key.tenant, message.address, encode(message))
    record = a_record(Loaded({"phase": "running", "application": "shop"}, 1))
    await store.commit(
        [
            Write(state_subject("deployment", key), record),
            Write(message_subject(message.address, key_of(message, key)), encode_envelope(envelope), event_id),
        ]
    )


class Notifier:
    """One process's notifier, until the block ends: as abruptly as a task can end."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def told(self, outcome: str) -> float:
        value = self._metrics.registry.get_sample_value("fairlead_notifications_total", {"outcome": outcome})
        return value or 0


@asynccontextmanager
async def notifying(p: Both, folder: Path, member: str = "n1", **settings: Any) -> AsyncIterator[Notifier]:
    profile = settings.pop("profile", "development")
    process_settings = ProcessSettings(state_dir=folder, profile=profile)
    metrics = Metrics()
    process = Process("notifier", process_settings, Health(), metrics, CLOCK, system_random(), member)
    wanted = Settings(process_settings, **{f"notifier_{name}": value for name, value in settings.items()})
    ports = Ports(p.bus, p.store, CLOCK)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve(wanted, ports, process, "https://fairlead.test/"))
        try:
            yield Notifier(metrics)
        finally:
            task.cancel()


def secret(folder: Path, name: str, value: str) -> None:
    path = folder / "secrets" / "main" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value)
    os.chmod(path, 0o600)
