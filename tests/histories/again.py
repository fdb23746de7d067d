"""A history led again by today's machines: every message is read, every step decided, and all must be as it was."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count, pairwise, takewhile
from typing import Any

import msgspec
from msgspec import Struct

from libs.durable.arrival import received
from libs.durable.decision import Decision, Due, on_due, on_message
from libs.durable.ports import Stored
from libs.durable.record import Loaded, Said, Unreadable, decode
from libs.durable.replay import BrokenHistory, fold, message_of
from libs.durable.writes import message_id
from libs.messages.machine import Machine
from libs.messages.message import Message, TimerFired
from libs.messages.subject import Key, parse, token
from tests.histories.known import RECORDS, Fields
from tests.histories.sameness import difference


class Led(Struct, frozen=True):
    """How much a history held."""

    messages: int
    steps: int


def lead(history: Sequence[Stored], machines: dict[str, Machine[Any]], fields: dict[str, Fields]) -> Led:
    """`BrokenHistory` names the first thing that is not as it was; `Malformed` and `Unreadable` what cannot be read."""
    messages = {stored.id: _read(stored) for stored in history if stored.subject.startswith(("cmd.", "evt."))}
    records = _records(history)
    for subject, stored in records.items():
        noun = parse(subject).noun
        if noun in RECORDS:
            _read_all(stored, RECORDS[noun])
        else:
            _lead(_Then(machines[noun], parse(subject).key, messages, fields), stored)
    return Led(len(messages), sum(len(stored) for stored in records.values()))


class _Then(Struct, frozen=True):
    """What is known of one machine's past."""

    machine: Machine[Any]
    key: Key
    messages: dict[str, Message]
    fields: dict[str, Fields]

    def said(self, step: int) -> list[Message]:
        ids = (message_id(self.machine.noun, self.key, step, counter) for counter in count())
        return [self.messages[id_] for id_ in takewhile(lambda id_: id_ in self.messages, ids)]


def _read(stored: Stored) -> Message:
    return received(stored, parse(stored.subject)).message


def _read_all(stored: Iterable[Stored], kind: type[Struct]) -> None:
    for one in stored:
        try:
            msgspec.json.decode(one.data, type=kind)
        except msgspec.MsgspecError as error:
            raise Unreadable(f"{one.subject}: {error}") from error


def _records(history: Iterable[Stored]) -> dict[str, list[Stored]]:
    records = defaultdict(list)
    for stored in history:
        if stored.subject.startswith("state."):
            records[stored.subject].append(stored)
    return records


def _lead(then: _Then, stored: Sequence[Stored]) -> None:
    states = fold(then.machine, stored)
    for (before, after), one in zip(pairwise(states), stored, strict=True):
        said = decode(one.data).message
        problem = _step(then, before, after, said) if said else _armed_again(then, before, after)
        if problem:
            raise BrokenHistory(f"{one.subject}, step {after.step}: {problem}")


def _armed_again(then: _Then, before: Loaded[Any], after: Loaded[Any]) -> str:
    return difference(before.state, after.state, then.fields[then.machine.noun])


def _step(then: _Then, before: Loaded[Any], after: Loaded[Any], said: Said) -> str:
    decision = _decided(then, before, said, after.cause)
    if decision is None:
        return f"{said.address} changes nothing any more"
    return (
        difference(decision.state, after.state, then.fields[then.machine.noun])
        or _timers(decision, after)
        or _messages(then, decision, then.said(after.step))
    )


def _decided(then: _Then, before: Loaded[Any], said: Said, cause: str) -> Decision[Any] | None:
    message = message_of(said)
    if not isinstance(message, TimerFired):
        return on_message(then.machine, before, message, cause)
    timer = before.timers[message.name]
    assert timer.deadline is not None, "a record that was read has its deadlines"
    return on_due(then.machine, before, Due(then.key, token(message.name), timer.generation, timer.deadline, ""))


def _timers(decision: Decision[Any], after: Loaded[Any]) -> str:
    now, was = (
        {name: (timer.generation, timer.seconds) for name, timer in timers.items()}
        for timers in (decision.timers, after.timers)
    )
    return difference(now, was, {}, "timers")


def _messages(then: _Then, decision: Decision[Any], was: Sequence[Message]) -> str:
    """A message of a kind that there was not may be said as well."""
    now = [message for message in decision.messages if message.address in then.fields]
    addresses = [message.address for message in now], [message.address for message in was]
    if addresses[0] != addresses[1]:
        return f"said {', '.join(addresses[1]) or 'nothing'}, says {', '.join(addresses[0]) or 'nothing'}"
    found = (difference(one, other, then.fields[one.address], one.address) for one, other in zip(now, was, strict=True))
    return next((one for one in found if one), "")
