"""Getting one order of a person into the stream, once, and what may be said when that cannot be told."""

from libs.durable.ports import Conflict, Store, Unknown, Write
from libs.messages.codec import encode_envelope
from libs.messages.message import Envelope, Message, key_of
from libs.messages.subject import Key, message_subject
from libs.runtime.problem import Problem

ATTEMPTS = 5


async def send(store: Store, envelope: Envelope, order: Message, key: Key) -> None:
    subject = message_subject(order.address, key_of(order, key))
    write = Write(subject=subject, data=encode_envelope(envelope), id=envelope.id)
    for _ in range(ATTEMPTS):
        try:
            await store.commit([write])
        except Conflict:
            return  # an attempt without a verdict had been committed
        except Unknown:
            continue
        else:
            return
    raise unsettled()


def unsettled() -> Problem:
    detail = "the store gave no verdict in time; send the same request with the same Idempotency-Key again"
    return Problem(503, detail, "outcome_unknown", headers={"Retry-After": "2"})
