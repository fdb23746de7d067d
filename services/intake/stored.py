"""A machine's committed state, out of the record that holds it."""

from typing import TypeVar

import msgspec
from msgspec import Struct

from libs.durable.ports import Stored

State = TypeVar("State")


class _Record(Struct, frozen=True):
    state: msgspec.Raw


def state_of(stored: Stored, kind: type[State]) -> State:
    return msgspec.json.decode(msgspec.json.decode(stored.data, type=_Record).state, type=kind)
