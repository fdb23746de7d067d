"""Timers whose reminder may be lost or wrong: each is announced once more, at the deadline that its record gives.

The first reminder rests on the clock of the process that armed the timer; a deadline rests on the server's stamp of the
record. No clock of this process takes part: the server alone says when a deadline is over.
"""

from libs.durable import record
from libs.durable.ports import Store, Stored, Unavailable, Unknown, Write
from libs.durable.record import NewerSchema, Unreadable
from libs.durable.writes import wake_up
from libs.messages.subject import parse, state_filter
from libs.runtime.clock import Clock
from libs.runtime.log import logger

SWEEP_SECONDS = 900

Announced = set[tuple[str, str, int]]
"""Subject, name and generation of the timers that were announced: once is enough for whoever has the partition."""

_log = logger()


async def keep_sweeping(noun: str, store: Store, clock: Clock, partition: int) -> None:
    """Sweep now, for whatever happened before this process took over, and then now and again, for ever."""
    announced: Announced = set()
    while True:
        try:
            announced = await sweep(noun, store, partition, announced)
        except (Unavailable, Unknown) as error:
            _log.warning("sweep_waits", noun=noun, partition=partition, error=repr(error))
        await clock.sleep(SWEEP_SECONDS)


async def sweep(noun: str, store: Store, partition: int, announced: Announced) -> Announced:
    """Announce the open timers that are not among `announced`; all that are open."""
    still: Announced = set()
    for stored in await store.lasts([state_filter(noun, partition)]):
        try:
            timers = record.timers_of(stored)
        except (Unreadable, NewerSchema):  # what cannot be read must not keep the others asleep
            _log.exception("timers_unreadable", subject=stored.subject)
            continue
        still |= {(stored.subject, name, timer.generation) for name, timer in timers.items()}
        writes = _reminders(noun, stored, timers, announced)
        if writes:
            await store.commit(writes)
    return still


def _reminders(noun: str, stored: Stored, timers: dict[str, record.Timer], announced: Announced) -> list[Write]:
    key = parse(stored.subject).key
    return [
        wake_up(noun, key, name, timer, timer.deadline)
        for name, timer in timers.items()
        if timer.deadline is not None and (stored.subject, name, timer.generation) not in announced
    ]
