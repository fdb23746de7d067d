"""Messages to bytes and back, and what becomes of bytes that are none."""

import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import fields

from libs.messages.codec import MESSAGES, Malformed, decode, decode_envelope, encode, encode_envelope
from libs.messages.message import Envelope, Message, TimerFired
from libs.messages.rollout import RolloutRefused, StepEnded
from libs.messages.run import Subject
from libs.plan.model import Analysis, RunWebhook

# What hypothesis guesses for a field whose default is made anew each time is no value.
texts = st.dictionaries(st.text(), st.text(), max_size=2)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(Subject, st.builds(Subject, context=texts))
st.register_type_strategy(Analysis, st.builds(Analysis, context=texts))
st.register_type_strategy(RunWebhook, st.builds(RunWebhook, context=texts))

addresses = st.sampled_from(sorted(MESSAGES))
messages: st.SearchStrategy[Message] = addresses.flatmap(lambda address: st.builds(MESSAGES[address]))
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
envelopes = st.builds(
    Envelope,
    at=st.datetimes(timezones=st.just(UTC)),
    data=json_values.map(lambda value: Raw(json.dumps(value).encode())),
)


def declared(cls: type[Message]) -> set[type[Message]]:
    """Every kind of message there is, whether or not a table names it."""
    below = {found for child in cls.__subclasses__() for found in declared(child)}
    return below | ({cls} if "address" in vars(cls) else set())


def test_every_message_of_the_bus_is_in_the_table() -> None:
    assert set(MESSAGES.values()) == declared(Message) - {TimerFired}


@given(messages)
def test_message_survives_the_wire(message: Message) -> None:
    assert decode(message.address, encode(message)) == message


@given(messages, st.dictionaries(st.text().map("x-{}".format), json_values, max_size=3))
def test_unknown_fields_are_ignored(message: Message, more: dict[str, Any]) -> None:
    body = json.loads(bytes(encode(message)))
    assert decode(message.address, json.dumps({**more, **body, **more}).encode()) == message


@given(messages, st.data())
def test_missing_field_is_malformed(message: Message, data: st.DataObject) -> None:
    body = json.loads(bytes(encode(message)))
    required = [name for name in body if name in needed(type(message))]
    if required:
        del body[data.draw(st.sampled_from(required))]
        with pytest.raises(Malformed, match=message.address):
            decode(message.address, json.dumps(body).encode())


def readable(address: str, data: bytes) -> bool:
    """Whether these bytes are that message; what is neither that nor `Malformed` is raised."""
    try:
        return isinstance(decode(address, data), MESSAGES[address])
    except Malformed:
        return False


@given(addresses, st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_bytes_from_outside_are_malformed(address: str, data: bytes) -> None:
    assert not readable(address, data) or data.lstrip().startswith(b"{")


@given(messages, st.data())
def test_cut_message_is_malformed(message: Message, data: st.DataObject) -> None:
    whole = bytes(encode(message))
    assert not readable(message.address, whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(messages, st.data())
def test_damaged_message_is_at_most_malformed(message: Message, data: st.DataObject) -> None:
    whole = bytes(encode(message))
    at = data.draw(st.integers(0, len(whole) - 1))
    assert readable(message.address, whole)
    readable(message.address, whole[:at] + data.draw(st.binary(max_size=2)) + whole[at + 1 :])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"target":"\xff","step":1}', id="not UTF-8"),
        pytest.param(b'{"target":"\\ud800","step":1}', id="half a surrogate pair"),
        pytest.param(b'{"target":"prod","step":' + b"9" * 5000 + b"}", id="endless number"),
        pytest.param(b'{"target":"prod","step":1e400}', id="number out of range"),
        pytest.param(b'{"target":"prod","step":1,"more":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="endless depth"),
    ],
)
def test_hostile_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(StepEnded.address, data)


def test_unknown_address_is_malformed() -> None:
    with pytest.raises(Malformed, match="no message is called"):
        decode("evt.rollout.painted", b"{}")


@given(envelopes)
def test_envelope_survives_the_wire(envelope: Envelope) -> None:
    read = decode_envelope(encode_envelope(envelope))
    assert (bytes(read.data), read) == (bytes(envelope.data), envelope)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_other_bytes_are_no_envelope(data: bytes) -> None:
    with pytest.raises(Malformed, match="not an envelope"):
        decode_envelope(data)


def test_endless_envelope_is_malformed() -> None:
    with pytest.raises(Malformed, match="not an envelope"):
        decode_envelope(b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


def test_wire_form_is_plain_json() -> None:
    refused = RolloutRefused(target="prod", order="cmd.rollout.approve", reason="too late")
    assert bytes(encode(refused)) == b'{"target":"prod","order":"cmd.rollout.approve","reason":"too late"}'


def needed(cls: type[Message]) -> set[str]:
    return {field.name for field in fields(cls) if field.required}
