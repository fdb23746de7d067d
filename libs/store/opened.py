"""Bus and store of a process that starts: one connection, what must exist made, the sealing key at hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from libs.bus.access import options
from libs.bus.connection import Connection, connect
from libs.bus.jetstream import JetStreamBus
from libs.durable.partitions import Ports
from libs.durable.ports import Unavailable, WentBack
from libs.runtime.process import CannotStart, Process
from libs.runtime.redact import text
from libs.runtime.sealing import sealing_key
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from libs.store.sentry import Sentry

_RETRY_SECONDS = 1.0
_STALE_SECONDS = 15.0
"""For so long a node of NATS that was cut off may answer from what it had."""


class Ground(Struct, frozen=True):
    """What a service stands on."""

    bus: JetStreamBus
    store: JetStreamStore
    seal: Seal
    ports: Ports
    """Those of whoever serves partitions, with messages counted."""


@asynccontextmanager
async def opened(process: Process) -> AsyncIterator[Ground]:
    """Waits for NATS as long as that takes, and says so. `CannotStart`: the store is not the one that was known."""
    seal = Seal(sealing_key(process.settings, process.random), process.random)
    settings = process.settings
    process.health.ready("nats", False, f"waiting for NATS at {text(', '.join(settings.nats))}")
    async with connect(settings.nats, process.name, process.random, **options(settings)) as connection:
        sentry = Sentry(connection, process)
        await _prepared(connection, sentry, process)
        busy = process.metrics.batches_refused.inc
        bus, store = JetStreamBus(connection), JetStreamStore(connection, seal, process.random, busy)
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(sentry.run(), name="sentry")
            try:
                yield Ground(bus, store, seal, Ports(bus, store, process.clock, process.metrics.message_settled))
            finally:
                looking.cancel()
                await sentry.remember()


async def _prepared(connection: Connection, sentry: Sentry, process: Process) -> None:
    settings, began = process.settings, process.clock.monotonic()
    patience = _STALE_SECONDS if settings.nats_replicas > 1 else 0.0
    while True:
        try:
            await sentry.look()
            sentry.require()  # before anything is made: what is left of a damaged stream must stay as it is
            await prepare(connection, settings.nats_replicas)
            await sentry.look()
            return process.health.ready("nats", True)
        except WentBack as error:
            if process.clock.monotonic() - began >= patience:
                raise CannotStart(str(error)) from error
            process.health.ready("nats", False, str(error))
        except Unavailable as error:
            process.health.ready("nats", False, str(error))
        await process.clock.sleep(_RETRY_SECONDS)
