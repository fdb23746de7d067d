"""Messages to and from bytes; the one table of everything that can be said."""

import inspect
from types import ModuleType

import msgspec

from libs.messages import agent, analysis, deployment, fault, gate, rollout, webhook
from libs.messages.message import Envelope, Message


def _declared(*modules: ModuleType) -> dict[str, type[Message]]:
    classes = [member for module in modules for member in vars(module).values() if inspect.isclass(member)]
    return {cls.address: cls for cls in classes if issubclass(cls, Message) and "address" in vars(cls)}


MESSAGES: dict[str, type[Message]] = _declared(agent, analysis, deployment, fault, gate, rollout, webhook)
"""Every message by its address."""

_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(Envelope)
_decoders = {address: msgspec.json.Decoder(cls) for address, cls in MESSAGES.items()}

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the decoder raises for bytes from outside: not JSON or not this message, not UTF-8, nested without end."""


class Malformed(Exception):
    """These bytes are not a message that this release can read."""


def encode(message: Message) -> msgspec.Raw:
    return msgspec.Raw(_encoder.encode(message))


def encode_envelope(envelope: Envelope) -> bytes:
    return _encoder.encode(envelope)


def decode_envelope(data: bytes) -> Envelope:
    try:
        return _envelopes.decode(data)
    except _UNREADABLE as error:
        raise Malformed(f"not an envelope: {error}") from error


def decode(address: str, data: bytes | msgspec.Raw) -> Message:
    """The message that these bytes are, by its address."""
    decoder = _decoders.get(address)
    if decoder is None:
        raise Malformed(f"no message is called {address!r} in this release")
    try:
        return decoder.decode(data)
    except _UNREADABLE as error:
        raise Malformed(f"{address}: {error}") from error
