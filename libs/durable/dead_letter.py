"""Putting a message aside that cannot be handled: as a fact that its deployment hears of."""

import hashlib

from libs.durable.arrival import Arrival
from libs.durable.ports import Conflict, Store, Unavailable, Unknown
from libs.durable.writes import Cause, message_write
from libs.messages.fault import DeadLettered
from libs.runtime.clock import Clock
from libs.runtime.log import logger

_REASON_CHARACTERS = 1000
_DELAY_SECONDS = 1.0

_log = logger()


async def bury(arrived: Arrival, reason: str, attempts: int, store: Store, clock: Clock) -> None:
    """Return when the fact is stored, however long that takes: only then may the message be acknowledged."""
    stored = arrived.stored
    _log.error("message_dead_lettered", subject=stored.subject, reason=reason, attempts=attempts)
    if arrived.parsed and arrived.parsed.address == DeadLettered.address:
        return  # nobody can be told: a dead letter about it would end the same way
    letter = DeadLettered(
        subject=stored.subject, sequence=stored.sequence, reason=reason[:_REASON_CHARACTERS], attempts=attempts
    )
    id_ = hashlib.sha256(f"dead letter\0{stored.sequence}\0{stored.subject}".encode()).hexdigest()[:32]
    write = message_write(arrived.key, letter, id_, Cause(arrived.id), clock.now())
    while True:
        try:
            await store.commit([write])
        except Conflict:
            return  # it was put aside before: only the acknowledgement was lost
        except (Unavailable, Unknown) as error:
            _log.warning("dead_letter_waits", subject=stored.subject, error=repr(error))
            await clock.sleep(_DELAY_SECONDS)
        else:
            return
