"""A stored message as it arrives at a service: whose it is, what it is called, and what it says."""

import hashlib

from msgspec import Struct

from libs.durable.ports import Stored
from libs.messages import codec
from libs.messages.codec import Malformed
from libs.messages.message import Received
from libs.messages.subject import Key, Parsed, parse

NOWHERE = Key(tenant="-", partition=-1, deployment="-")
"""The key of what has a subject that says none."""


class Arrival(Struct, frozen=True):
    """A message before it is decoded."""

    stored: Stored
    id: str
    parsed: Parsed | None

    @property
    def key(self) -> Key:
        return self.parsed.key if self.parsed else NOWHERE


def arrival(stored: Stored) -> Arrival:
    try:
        return Arrival(stored, stored.id or _id_of(stored.subject), parse(stored.subject))
    except ValueError:
        return Arrival(stored, stored.id or _id_of(stored.subject), None)


def received(stored: Stored, parsed: Parsed) -> Received:
    """What the envelope holds; `Malformed` where it is not what the subject says."""
    envelope = codec.decode_envelope(stored.data)
    if envelope.type != parsed.address or envelope.tenant != parsed.key.tenant:
        raise Malformed(f"the envelope says {envelope.type} of {envelope.tenant}, the subject {stored.subject}")
    message = codec.decode(envelope.type, envelope.data)
    return Received(envelope.id, parsed.key, message, stored.at, envelope.traceparent)


def _id_of(subject: str) -> str:
    """Every delivery of a fired timer has the same: its subject names the generation, so it is stored once."""
    return hashlib.sha256(subject.encode()).hexdigest()[:32]
