"""A machine's records, read again: what states it was in, and whether today's code would decide the same."""

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from libs.durable import record
from libs.durable.ports import Stored
from libs.durable.record import Loaded, Said
from libs.messages import codec
from libs.messages.machine import Machine, State
from libs.messages.message import Message, TimerFired


class BrokenHistory(Exception):
    """Records of one machine that do not follow from one another."""


def fold(machine: Machine[State], stored: Iterable[Stored]) -> list[Loaded[State]]:
    """Every state the machine was in, from the one before its first step; `BrokenHistory` where a step is missing."""
    states = [Loaded(machine.initial), *(record.load(machine, one) for one in stored)]
    for before, after in pairwise(states):
        if after.step != before.step + 1:
            raise BrokenHistory(f"{machine.noun}: step {after.step} follows step {before.step}")
    return states


def replay(machine: Machine[State], stored: Iterable[Stored]) -> list[Loaded[State]]:
    """`fold`, and decide every step again; `BrokenHistory` where this code decides otherwise."""
    records = list(stored)
    states = fold(machine, records)
    for (before, after), one in zip(pairwise(states), records, strict=True):
        said = record.decode(one.data).message
        decided = machine.advance(before.state, message_of(said))[0] if said else before.state
        if decided != after.state:
            raise BrokenHistory(f"{machine.noun}: step {after.step} is decided differently now")
    return states


def message_of(said: Said) -> Message:
    """The message that a step applied. A timer's is never on the bus, so the bus's table does not have it."""
    if said.address == TimerFired.address:
        return msgspec.json.decode(said.data, type=TimerFired)
    return codec.decode(said.address, said.data)
