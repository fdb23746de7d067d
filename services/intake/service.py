"""What intake is made of, and what it hears: every event, the records that its list is made from, and live progress."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.durable.ports import Bus, Store, Stored, Unavailable, Unknown
from libs.durable.record import NewerSchema, Unreadable, load
from libs.messages.subject import parse, state_filter
from libs.runtime import log
from libs.runtime.process import Process
from libs.store.layout import CONFIG
from services.intake.accepting.acceptance import SUBMISSION, Submission
from services.intake.following.feed import Feed
from services.intake.handlers import Intake
from services.intake.listing.index import Index
from services.intake.settings import IntakeSettings

_RETRY_SECONDS = 1.0
_PROBE_SECONDS = 2.0


class Service(Struct, frozen=True):
    """Intake, ready to be asked."""

    intake: Intake
    feed: Feed
    known: int
    """Up to which place of the stream the list is built."""
    store: Store
    process: Process


@asynccontextmanager
async def opened(settings: IntakeSettings, process: Process, store: Store, bus: Bus) -> AsyncIterator[Service]:
    """Intake once it has read which deployments there are; it waits for the store as long as that takes."""
    index = Index()
    feed = Feed(bus, lambda stored: note(index, stored))
    known = await _read(index, store, process)
    yield Service(Intake(store, feed, index, process, settings), feed, known, store, process)


async def serve(service: Service) -> None:
    """Hear what happens, and know whether anything could be accepted now, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(service.feed.run(service.known), name="feed")
        group.create_task(_probe(service), name="probe")


async def _probe(service: Service) -> None:
    """Without the store nothing can be accepted or shown: whoever balances the load should ask another process."""
    while True:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await service.store.get(CONFIG, "probe")
        except (Unavailable, Unknown, TimeoutError) as error:
            service.process.health.ready("store", False, f"the store cannot be read: {error}")
        else:
            service.process.health.ready("store", True)
        await service.process.clock.sleep(_PROBE_SECONDS)


def note(index: Index, stored: Stored) -> None:
    """Put one record into the list. One that cannot be read is left out: it must not stop the rest."""
    place = parse(stored.subject)
    try:
        if place.noun == SUBMISSION:
            submission = msgspec.json.decode(stored.data, type=Submission)
            index.accepted(place.key, submission, stored.at, stored.sequence)
        else:
            index.moved(place.key, load(DEPLOYMENT, stored).state, stored.at, stored.sequence)
    except (msgspec.MsgspecError, NewerSchema, Unreadable) as error:
        log.logger().warning("record_unreadable", subject=stored.subject, sequence=stored.sequence, error=str(error))


async def _read(index: Index, store: Store, process: Process) -> int:
    process.health.ready("list", False, "the deployments have not been read yet")
    while True:
        try:
            records = await store.lasts([state_filter(SUBMISSION), state_filter(DEPLOYMENT.noun)])
        except Unavailable as error:
            process.health.ready("list", False, f"the deployments cannot be read: {error}")
            await process.clock.sleep(_RETRY_SECONDS)
        else:
            break
    for stored in records:
        note(index, stored)
    process.health.ready("list", True)
    return max((stored.sequence for stored in records), default=0)
