"""A decision as one atomic batch: what it says, the timers it arms and cancels, and last the record. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from libs.durable import record
from libs.durable.decision import Decision
from libs.durable.ports import MAX_BATCH, MAX_MESSAGE_BYTES, Write
from libs.durable.record import Timer
from libs.messages import codec
from libs.messages.machine import State
from libs.messages.message import Envelope, Message, key_of
from libs.messages.subject import Key, due_subject, message_subject, state_subject, timer_subject, token

EARLY_SECONDS = 0.1
"""Added to a timer's first wake-up: its deadline counts from the server's stamp, a little after the decision."""


class TooLarge(Exception):
    """A decision does not fit: what is large must go to the blobs, and the state keep its digest."""


class Cause(Struct, frozen=True):
    """What a decision answers."""

    id: str
    traceparent: str = ""


class Step(Struct, frozen=True):
    """Whose step, why and when."""

    noun: str
    key: Key
    cause: Cause
    now: datetime


def batch(step: Step, decision: Decision[State], expected: int) -> list[Write]:
    """The record is last, so that the batch's sequence is the new revision."""
    writes = [_said(step, decision.step, number, message) for number, message in enumerate(decision.messages)]
    writes += [_armed(step, name, timer) for name, timer in decision.armed.items()]
    writes.append(_record(step, decision, expected))
    _check(step, writes)
    return _cancelling(writes, [_timer_subject(step, name, timer) for name, timer in decision.cancelled])


def message_id(noun: str, key: Key, step: int, counter: int) -> str:
    """The same for whoever makes the same decision, so that a repeat is recognised."""
    parts = (noun, key.tenant, str(key.partition), key.deployment, key.target, str(step), str(counter))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def message_write(key: Key, message: Message, id_: str, cause: Cause, now: datetime) -> Write:
    """A message in its envelope, on its subject."""
    if not message.address.startswith(("cmd.", "evt.")):
        raise ValueError(f"{message.address} is neither an order nor a fact: it cannot be said on the bus")
    envelope = Envelope(
        id=id_,
        at=now,
        tenant=key.tenant,
        type=message.address,
        data=codec.encode(message),
        cause=cause.id,
        traceparent=cause.traceparent,
    )
    return Write(message_subject(message.address, key), codec.encode_envelope(envelope), id=id_)


def wake_up(noun: str, key: Key, name: str, timer: Timer, at: datetime) -> Write:
    """The server's reminder of a timer; another one for the same timer takes its place."""
    due = due_subject(noun, token(name), key, timer.generation)
    return Write(timer_subject(noun, token(name), key, timer.generation), b"", fires_at=at, fires_as=due)


def _said(step: Step, number: int, counter: int, message: Message) -> Write:
    id_ = message_id(step.noun, step.key, number, counter)
    return message_write(key_of(message, step.key), message, id_, step.cause, step.now)


def _armed(step: Step, name: str, timer: Timer) -> Write:
    at = timer.deadline or step.now + timedelta(seconds=timer.seconds + EARLY_SECONDS)
    return wake_up(step.noun, step.key, name, timer, at)


def _record(step: Step, decision: Decision[State], expected: int) -> Write:
    data = record.encode(decision.left(step.cause.id), decision.said)
    return Write(state_subject(step.noun, step.key), data, expected=expected)


def _timer_subject(step: Step, name: str, timer: Timer) -> str:
    return timer_subject(step.noun, token(name), step.key, timer.generation)


def _check(step: Step, writes: Sequence[Write]) -> None:
    if len(writes) > MAX_BATCH:
        raise TooLarge(f"{step.noun} {step.key.deployment}: {len(writes)} messages at once, more than {MAX_BATCH}")
    for write in writes:
        if len(write.data) > MAX_MESSAGE_BYTES:
            raise TooLarge(f"{write.subject}: {len(write.data)} bytes, more than {MAX_MESSAGE_BYTES}")


def _cancelling(writes: Sequence[Write], subjects: Sequence[str]) -> list[Write]:
    """One message can cancel one timer. Should there be more, the rest fire and change nothing: they are not armed."""
    cancelling = [replace(write, cancels=subject) for write, subject in zip(writes, subjects, strict=False)]
    return [*cancelling, *writes[len(cancelling) :]]
