"""What is stored for a machine: one record a step, with everything that loading, replaying and auditing need.

A timer's deadline rests on the server's clock: the timestamp of the record that armed it, plus its seconds. That stamp
is known when the record is next loaded, and is written down in the record after.
"""

from datetime import datetime, timedelta
from typing import Generic

import msgspec
from msgspec import Raw, Struct

from libs.durable.ports import Stored
from libs.messages.machine import Machine, State

SCHEMA = 1
"""What this release writes."""

MIN_READER = 1
"""The oldest schema whose readers may still decide from what this release writes."""


class NewerSchema(Exception):
    """A newer release wrote this record in a way that this one cannot decide from: leave the partition to it."""


class Unreadable(Exception):
    """A stored record is not what this release, or any before it, wrote."""


class Timer(Struct, frozen=True, omit_defaults=True):
    """A wake-up that a machine asked for. Its generation is the step that armed it."""

    generation: int
    seconds: float
    deadline: datetime | None = None
    """None in the record that armed it: the server had not stamped it yet."""


class Said(Struct, frozen=True):
    """The message that a step applied."""

    address: str
    data: Raw


class Record(Struct, frozen=True, omit_defaults=True):
    """The stored form."""

    schema: int
    min_reader: int
    step: int
    cause: str
    """The id of the message that led to this step."""
    state: Raw
    """After the step."""
    message: Said | None = None
    """None where a timer was only armed again."""
    timers: dict[str, Timer] = {}
    followed: tuple[str, ...] = ()
    """Marks of the newest orders that led to a step, the newest last."""


class Loaded(Struct, Generic[State], frozen=True):
    """A machine as it was read, or as this process left it."""

    state: State
    step: int = 0
    """How many steps it has taken; 0: there is no record."""
    revision: int = 0
    cause: str = ""
    timers: dict[str, Timer] = {}
    followed: tuple[str, ...] = ()
    """As in the record."""
    at: datetime | None = None
    """The server's timestamp of the record; None where this process wrote it and has not read it back."""


_encoder = msgspec.json.Encoder()
_records = msgspec.json.Decoder(Record)


def encode(left: Loaded[State], said: Said | None = None) -> bytes:
    """The record of a step that was just made."""
    body = Raw(_encoder.encode(left.state))
    return _encoder.encode(Record(SCHEMA, MIN_READER, left.step, left.cause, body, said, left.timers, left.followed))


def decode(data: bytes) -> Record:
    try:
        record = _records.decode(data)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"not a record: {error}") from error
    if record.min_reader > SCHEMA:
        raise NewerSchema(f"schema {record.schema} asks for a reader of {record.min_reader}, this one is {SCHEMA}")
    return record


def load(machine: Machine[State], stored: Stored) -> Loaded[State]:
    """Read a record; timers that it armed get their deadline."""
    record = decode(stored.data)
    try:
        state = msgspec.json.decode(record.state, type=machine.state)
    except msgspec.MsgspecError as error:
        raise Unreadable(f"{stored.subject}, step {record.step}: {error}") from error
    timers = _resolved_all(record, stored)
    return Loaded(state, record.step, stored.sequence, record.cause, timers, record.followed, stored.at)


def timers_of(stored: Stored) -> dict[str, Timer]:
    """A record's timers, each with its deadline."""
    return _resolved_all(decode(stored.data), stored)


def _resolved_all(record: Record, stored: Stored) -> dict[str, Timer]:
    return {name: _resolved(timer, stored.at) for name, timer in record.timers.items()}


def _resolved(timer: Timer, at: datetime) -> Timer:
    if timer.deadline is not None:
        return timer
    return Timer(timer.generation, timer.seconds, at + timedelta(seconds=timer.seconds))
