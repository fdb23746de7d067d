"""Timers that should have fired and did not: found by their deadlines, which are in the records."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from libs.durable import record
from libs.durable.commit import Contended, Shell
from libs.durable.decision import Due
from libs.durable.ports import Store, Stored, Unavailable
from libs.durable.record import Unreadable
from libs.durable.writes import TooLarge, message_id
from libs.messages.subject import parse, state_filter, token
from libs.runtime.clock import Clock
from libs.runtime.log import logger

SWEEP_SECONDS = 900
MARGIN = timedelta(minutes=1)
"""More than the clocks of a process and of the server may differ: an early wake-up would only cost a step, though."""

_log = logger()


async def keep_sweeping(shell: Shell[Any], store: Store, clock: Clock, partition: int) -> None:
    """Sweep now, for whatever happened before this process took over, and then now and again, for ever."""
    while True:
        try:
            await sweep(shell, store, clock, partition)
        except Unavailable as error:
            _log.warning("sweep_waits", noun=shell.machine.noun, partition=partition, error=repr(error))
        await clock.sleep(SWEEP_SECONDS)


async def sweep(shell: Shell[Any], store: Store, clock: Clock, partition: int) -> None:
    """Wake what is overdue. A record that cannot be woken is left out: it must not keep the others asleep."""
    now = clock.now() - MARGIN
    for stored in await store.lasts([state_filter(shell.machine.noun, partition)]):
        try:
            await _wake(shell, overdue(stored, now))
        except (Contended, TooLarge, Unreadable):
            _log.exception("timer_not_woken", subject=stored.subject)


async def _wake(shell: Shell[Any], missed: Sequence[Due]) -> None:
    for due in missed:
        _log.warning("timer_missed", noun=shell.machine.noun, deployment=due.key.deployment, timer=due.name)
        await shell.wake(due)


def overdue(stored: Stored, now: datetime) -> list[Due]:
    """The timers of a record whose deadline is over."""
    parsed, timers = parse(stored.subject), record.timers_of(stored)
    return [
        Due(parsed.key, token(name), timer.generation, now, message_id(parsed.noun, parsed.key, timer.generation, -1))
        for name, timer in timers.items()
        if timer.deadline is not None and timer.deadline <= now
    ]
