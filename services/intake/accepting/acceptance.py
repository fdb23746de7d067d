"""What it takes to accept a deployment: its identity, its lock, and the one batch that makes it true. Pure."""

import hashlib
import uuid
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from libs.api.request import StartRequest
from libs.deployment.lock import Lock, lock_subject
from libs.durable.ports import Write
from libs.messages.codec import encode, encode_envelope
from libs.messages.deployment import AbortDeployment, QueueDeployment, StartDeployment
from libs.messages.message import Envelope, Message
from libs.messages.subject import Key, message_subject, partition_of, state_subject

SUBMISSION = "submission"
REPLACED = "replaced by "
"""How the reason begins for which one that waited is aborted; the newcomer's id follows."""


class Submission(Struct, frozen=True, omit_defaults=True):
    """What is kept of an accepted request, under its deployment's key."""

    submission: str
    """Digest of the request's text in the object store; it also tells a repeat from another request under its key."""
    application: str
    by: str
    at: datetime
    description: str = ""
    context: dict[str, str] = {}
    source_control: dict[str, Any] = {}
    redeploys: str = ""
    """The deployment whose submission was handed in again."""
    behind: str = ""
    """The deployment whose end it waits for before it begins."""


class Standing(Struct, frozen=True):
    """Who has an application now."""

    holder: str = ""
    """Who deploys it, or is about to hand it on; empty: nobody, and nobody waits."""
    waiting: str = ""
    revision: int = 0
    """The lock's, as it was read; 0 where there never was one."""


class Applicant(Struct, frozen=True):
    """For whom and as what a deployment is to be accepted."""

    key: Key
    submission: Submission
    standing: Standing
    traceparent: str = ""


def canonical(request: StartRequest) -> bytes:
    """The same request gives the same bytes."""
    return msgspec.json.encode(request, order="sorted")


def digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def deployment_key(owner: tuple[str, str], partitions: int, idempotency_key: str, random: Random) -> Key:
    """The place of a new deployment of `owner` (tenant, application); the same for each repeat under one key.

    Its id is a UUIDv8 that begins with the partition, so that the id alone says where everything about it is.
    """
    tenant, application = owner
    partition = partition_of(tenant, application, partitions)
    seed = "\0".join((tenant, application, idempotency_key)).encode()
    rest = hashlib.sha256(seed).digest() if idempotency_key else random.randbytes(32)
    raw = bytearray((partition, *rest[:15]))
    raw[6] = 0x80 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    return Key(tenant, partition, str(uuid.UUID(bytes=bytes(raw))))


def key_of_id(tenant: str, deployment: str, partitions: int) -> Key | None:
    """Where a deployment is, by its id; None where no deployment of ours can be called that."""
    try:
        parsed = uuid.UUID(deployment)
    except ValueError:
        return None
    if str(parsed) != deployment or parsed.version != 8 or parsed.bytes[0] >= partitions:
        return None
    return Key(tenant, parsed.bytes[0], deployment)


def submission_subject(key: Key) -> str:
    return state_subject(SUBMISSION, key)


def batch(applicant: Applicant) -> tuple[Write, ...]:
    """Everything that accepting means, to be written together or not at all."""
    key, submission = applicant.key, applicant.submission
    return (
        Write(
            subject=submission_subject(key),
            data=msgspec.json.encode(submission),
            id=f"{key.deployment}-submission",
            expected=0,
        ),
        Write(
            subject=lock_subject(key, submission.application),
            data=msgspec.json.encode(_lock(applicant)),
            id=f"{key.deployment}-lock",
            expected=applicant.standing.revision,
        ),
        *_orders(applicant),
    )


def _lock(applicant: Applicant) -> Lock:
    """A newcomer takes the only place that there is to wait."""
    holder, mine = applicant.standing.holder, applicant.key.deployment
    return Lock(holder=holder, waiting=mine) if holder else Lock(holder=mine)


def _orders(applicant: Applicant) -> Iterator[Write]:
    key, submission, standing = applicant.key, applicant.submission, applicant.standing
    said = {"application": submission.application, "submission": submission.submission, "by": submission.by}
    if not standing.holder:
        yield _order(applicant, key, StartDeployment(**said), "start")
        return
    yield _order(applicant, key, QueueDeployment(**said), "queue")
    if standing.waiting:
        replaced = Key(key.tenant, key.partition, standing.waiting)
        reason = f"{REPLACED}{key.deployment}"
        yield _order(applicant, replaced, AbortDeployment(reason=reason), f"replaced\0{key.deployment}")


def _order(applicant: Applicant, key: Key, order: Message, kind: str) -> Write:
    identity = digest(f"{key.tenant}\0{key.deployment}\0{kind}".encode())[:32]
    envelope = Envelope(
        id=identity,
        at=applicant.submission.at,
        tenant=key.tenant,
        type=order.address,
        data=encode(order),
        traceparent=applicant.traceparent,
    )
    return Write(subject=message_subject(order.address, key), data=encode_envelope(envelope), id=identity)
