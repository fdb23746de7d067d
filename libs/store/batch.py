"""One atomic batch on the wire: its headers, its limits, and what the server's verdict means."""

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from libs.bus.connection import ApiError, Connection
from libs.bus.pull import ID_HEADER
from libs.durable.ports import MAX_BATCH, MAX_MESSAGE_BYTES, MAX_VALUE_BYTES, Conflict, Unavailable, Write
from libs.runtime.log import logger

OPEN_BATCHES = 40
"""At once in this process. The server allows 50 a stream unless it is told otherwise."""

EXPECTED_HEADER = "Nats-Expected-Last-Subject-Sequence"

# Somebody wrote the subject, or an id of the batch was seen before.
_CONFLICTS = {10071, 10164, 10201}
# Too many open batches, the beginning of this one lost on the way, or another with the same id just being written, as
# when a client repeats itself: certainly not written, and worth another try, which will find the other one.
_TRY_AGAIN = {10158, 10176, 10210, 10211}

_BUSY_TRIES = 20

_SUBJECT = re.compile(r"(cmd|evt|state|timer|due)(\.[^\s.*>]+)+\Z")
_KEY = re.compile(r"[^\s.*>]+(\.[^\s.*>]+)*\Z")

_log = logger()


class BatchRefused(Exception):
    """The server refused a batch for a reason that trying again does not mend."""


class Busy(Exception):
    """The server has no room for this batch right now; nothing was written."""


class _Verdict(Struct, frozen=True):
    error: ApiError | None = None
    seq: int = 0
    duplicate: bool = False


_verdicts = msgspec.json.Decoder(_Verdict)


class Batches:
    """Batches to one stream, no more at once than it takes, and each again where the server was busy."""

    def __init__(self, connection: Connection, chance: random.Random, busy: Callable[[], None]) -> None:
        """`busy` counts refusals for the moment.

        Where there was no room a batch is refused as incomplete: what began it was refused before, and nobody told.
        """
        self._connection = connection
        self._chance = chance
        self._busy = busy
        self._was_busy = False
        self._open = asyncio.Semaphore(OPEN_BATCHES)

    async def commit(self, batch: Sequence[Write]) -> int:
        check(batch)
        for attempt in range(_BUSY_TRIES):
            try:
                async with self._open:
                    sequence = await send(self._connection, batch, self._chance)
            except Busy as error:
                self._refused(error)
                await asyncio.sleep(self._chance.uniform(0.01, 0.05) * (attempt + 1))
            else:
                self._was_busy = False
                self._note(sequence, batch[-1])
                return sequence
        raise Unavailable("the server has too many open batches")

    def _refused(self, error: Busy) -> None:
        """Counted each time, said once until a commit goes through."""
        self._busy()
        if not self._was_busy:
            self._was_busy = True
            _log.warning("batches_refused", problem=str(error))

    def _note(self, sequence: int, write: Write) -> None:
        if write.fires_at is None:  # a timer is removed again
            self._connection.newest = max(self._connection.newest, (sequence, write.subject))


async def send(connection: Connection, batch: Sequence[Write], chance: random.Random) -> int:
    """Send the whole batch without letting anyone in between; the last sequence."""
    connection.require_trusted()
    headers = [headers_of(write) for write in batch]
    if len(batch) > 1:
        _number(headers, chance)
    for write, header in zip(batch[:-1], headers, strict=False):
        await connection.client.publish(write.subject, write.data, headers=header or None)
    answer = await connection.request(batch[-1].subject, batch[-1].data, headers=headers[-1] or None)
    return judge(answer.data)


def check(batch: Sequence[Write]) -> None:
    """Refuse what the server would, before anything is sent."""
    if not 0 < len(batch) <= MAX_BATCH:
        raise ValueError(f"a batch has {len(batch)} messages, it must have 1 to {MAX_BATCH}")
    for write in batch:
        if len(write.data) > MAX_MESSAGE_BYTES:
            raise ValueError(f"{write.subject} has {len(write.data)} bytes, more than {MAX_MESSAGE_BYTES}")
        _check_subjects(write)
    timers = [write.subject for write in batch if write.fires_at is not None]
    if len(set(timers)) < len(timers):
        raise ValueError(f"a batch arms a timer twice: {max(timers, key=timers.count)}")


def _check_subjects(write: Write) -> None:
    """The server would refuse what the stream does not hold, or answer nothing at all."""
    if not _SUBJECT.match(write.subject):
        raise ValueError(f"no record, message or timer has the subject {write.subject!r}")
    if write.subject.startswith("timer.") != (write.fires_at is not None):
        raise ValueError(f"{write.subject}: a timer, and nothing else, says when it fires")
    if write.fires_at is not None and not (_SUBJECT.match(write.fires_as) and write.fires_as.startswith("due.")):
        raise ValueError(f"{write.subject}: a timer fires as due, not as {write.fires_as!r}")
    if write.cancels and (write.cancels == write.subject or not write.cancels.startswith("timer.")):
        raise ValueError(f"{write.subject} cannot cancel {write.cancels!r}: only another message cancels a timer")


def check_value(bucket: str, key: str, value: bytes) -> None:
    """Refuse a bucket's value that the server would not take as one."""
    if not value:
        raise ValueError(f"{bucket} {key}: an empty value means a deleted key")
    if len(value) > MAX_VALUE_BYTES:
        raise ValueError(f"{bucket} {key} has {len(value)} bytes, more than {MAX_VALUE_BYTES}")
    check_key(bucket, key)


def check_key(bucket: str, key: str) -> None:
    if not _KEY.match(key):
        raise ValueError(f"{bucket}: {key!r} is no key")


def headers_of(write: Write) -> dict[str, str]:
    headers = {}
    if write.id:
        headers[ID_HEADER] = write.id
    if write.expected is not None:
        headers[EXPECTED_HEADER] = str(write.expected)
    if write.fires_at is not None:
        headers["Nats-Schedule"] = f"@at {_stamp(write.fires_at)}"
        headers["Nats-Schedule-Target"] = write.fires_as
    if write.cancels:
        # What the server itself writes when a schedule has fired for the last time: it purges the schedule's subject.
        # Tried on 2.15.1: no error where it has fired, and the same message may arm another.
        headers["Nats-Scheduler"] = write.cancels
        headers["Nats-Schedule-Next"] = "purge"
    return headers


def _number(headers: Sequence[dict[str, str]], chance: random.Random) -> None:
    batch_id = chance.randbytes(12).hex()
    for number, header in enumerate(headers, 1):
        header["Nats-Batch-Id"] = batch_id
        header["Nats-Batch-Sequence"] = str(number)
    headers[-1]["Nats-Batch-Commit"] = "1"


def judge(answer: bytes) -> int:
    """The sequence in the server's answer to a publish, or what its refusal means."""
    verdict = _verdicts.decode(answer)
    if verdict.duplicate:
        raise Conflict("its id was seen before")
    error = verdict.error
    if error is None:
        return verdict.seq
    if error.err_code in _CONFLICTS:
        raise Conflict(error.description)
    if error.err_code in _TRY_AGAIN:
        raise Busy(error.description)
    if error.code >= 500:  # the server's own trouble, a full disk among them: it may pass
        raise Unavailable(error.description)
    raise BatchRefused(f"{error.description} ({error.err_code})")


def _stamp(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
