"""Bus and store of a process that starts: one connection, what must exist made, the sealing key at hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from libs.bus.access import options
from libs.bus.connection import connect
from libs.bus.jetstream import JetStreamBus
from libs.durable.partitions import Ports
from libs.durable.ports import Unavailable
from libs.runtime.process import Process
from libs.runtime.redact import text
from libs.runtime.sealing import sealing_key
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal

_RETRY_SECONDS = 1.0


class Ground(Struct, frozen=True):
    """What a service stands on."""

    bus: JetStreamBus
    store: JetStreamStore
    seal: Seal
    ports: Ports
    """Those of whoever serves partitions, with messages counted."""


@asynccontextmanager
async def opened(process: Process) -> AsyncIterator[Ground]:
    """Waits for NATS as long as that takes, and says so."""
    seal = Seal(sealing_key(process.settings, process.random), process.random)
    settings = process.settings
    process.health.ready("nats", False, f"waiting for NATS at {text(', '.join(settings.nats))}")
    async with connect(settings.nats, process.name, process.random, **options(settings)) as connection:
        while True:
            try:
                await prepare(connection, settings.nats_replicas)
                break
            except Unavailable as error:
                process.health.ready("nats", False, str(error))
                await process.clock.sleep(_RETRY_SECONDS)
        process.health.ready("nats", True)
        bus, store = JetStreamBus(connection), JetStreamStore(connection, seal, process.random)
        yield Ground(bus, store, seal, Ports(bus, store, process.clock, process.metrics.message_settled))
