"""A stored fact as a notification sees it, and whether a rule wants it. Pure."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from libs.config.events import NOUNS, fits_any
from libs.config.model import APPROVAL_WANTED, NotificationRule
from libs.durable.ports import Stored
from libs.messages.codec import Malformed, decode, decode_envelope
from libs.messages.gate import GateAsked, GateStarted
from libs.messages.message import Message, TargetMessage
from libs.messages.subject import Key, message_filter, parse
from libs.spec.model import Approval, Pause


class Fact(Struct, frozen=True):
    id: str
    """The same however often it is told: what a receiver recognises a repeat by."""
    event: str
    """`<noun>.<what happened>`."""
    at: datetime
    key: Key
    data: dict[str, Any]
    message: Message | None = None
    """None where this release cannot read it: it is told all the same, in general words."""

    @property
    def target(self) -> str:
        return self.message.target if isinstance(self.message, TargetMessage) else str(self.data.get("target", ""))


def filters(tenant: str) -> list[str]:
    """Everything that a rule of this tenant may want to hear of."""
    return [message_filter(f"evt.{noun}.*", tenant=tenant) for noun in NOUNS]


def fact_of(stored: Stored) -> Fact:
    """Raises `Malformed` for what is not one of ours."""
    envelope, key = decode_envelope(stored.data), parse(stored.subject).key
    try:
        message = decode(envelope.type, envelope.data)
    except Malformed:
        message = None
    data = msgspec.json.decode(envelope.data)
    if not isinstance(data, dict):
        raise Malformed(f"{stored.subject}: no object")
    return Fact(envelope.id, envelope.type.removeprefix("evt."), stored.at, key, data, message)


def asks(message: Message | None) -> bool:
    """Whether a person is to decide now."""
    match message:
        case GateAsked() | GateStarted(what=Pause(approval=Approval())):
            return True
        case _:
            return False


def wants(rule: NotificationRule, fact: Fact, application: str) -> bool:
    named = (fact.event, APPROVAL_WANTED) if asks(fact.message) else (fact.event,)
    return (
        any(fits_any(rule.events, name) for name in named)
        and fits_any(rule.applications, application)
        and (not fact.target or fits_any(rule.targets, fact.target))
    )
