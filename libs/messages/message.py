"""What a message is, and the envelope it travels in."""

from datetime import datetime
from typing import ClassVar

from msgspec import Raw, Struct

from libs.messages.subject import Key

ORDERED = "cmd."
"""How the addresses of orders begin."""


class Message(Struct, frozen=True, kw_only=True):
    """Something said on the bus. Fields are only ever added, with defaults; readers ignore what they do not know."""

    address: ClassVar[str]
    """`<cmd|evt>.<noun>.<verb>`; `obs.<noun>.<verb>` is what a noun's owner saw itself and tells only its machine."""


class TargetMessage(Message, frozen=True, kw_only=True):
    """A message about one target: its key carries the target's hash, its body the name as the file has it."""

    address: ClassVar[str]
    target: str


class RunMessage(Message, frozen=True, kw_only=True):
    """To the machine of one run: its key carries the hash of the run's name, unique in the deployment."""

    address: ClassVar[str]
    run: str


class Envelope(Struct, frozen=True, omit_defaults=True):
    """The JSON object on the wire around a message's own fields."""

    id: str
    at: datetime
    """When the sender said it, by the sender's clock: for people. Decisions use the bus's own timestamp."""
    tenant: str
    type: str
    """The message's address."""
    data: Raw
    cause: str = ""
    """The id of the message that led to this one; empty for what came from outside."""
    traceparent: str = ""
    """W3C Trace Context."""


class Received(Struct, frozen=True):
    """A message as a handler gets it."""

    id: str
    key: Key
    message: Message
    at: datetime
    """The bus's own timestamp."""
    traceparent: str = ""


class TimerFired(Message, frozen=True, kw_only=True):
    """A timer that the machine armed has run out; the shell has checked that it is the one still armed."""

    address: ClassVar[str] = "obs.timer.fired"
    name: str


class Arm(Struct, frozen=True):
    """An output of a machine: wake it after `seconds` under this name; an armed timer of the same name is replaced."""

    name: str
    seconds: float


class Disarm(Struct, frozen=True):
    """An output of a machine: the timer of this name is no longer wanted."""

    name: str


Output = Message | Arm | Disarm


def key_of(message: Message, own: Key) -> Key:
    """Where a machine's message goes: to the target or the run it names, else to the deployment as a whole."""
    match message:
        case TargetMessage(target=name) | RunMessage(run=name):
            return own.of_target(name)
        case _:
            return own.whole()
