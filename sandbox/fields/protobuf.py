"""How is a protobuf body read? kubectl sends some objects so; the table of fields says what each number means."""

import base64
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from sandbox.fields.table import Field, Fields, table
from sandbox.objects.json import Object, stamp
from sandbox.objects.refusals import bad_request

MAGIC = b"k8s\x00"
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
DEEPEST = 40
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Torn(Exception):
    """The bytes end in the middle of a field, or are no protobuf at all."""


class Envelope(Struct):
    api_version: str = ""
    kind: str = ""
    raw: bytes = b""


def decoded(body: bytes) -> Object:
    """The object in the body, as JSON would have it."""
    if not body.startswith(MAGIC):
        raise bad_request("the body is not a Kubernetes protobuf message: it does not start with its mark")
    try:
        envelope = _envelope(body[len(MAGIC) :])
        name = _struct_name(envelope)
        value = _message(envelope.raw, name, 0)
    except (Torn, ValueError, OverflowError, OSError, struct.error) as error:
        raise bad_request(f"the protobuf body cannot be read: {error}") from error
    return {"apiVersion": envelope.api_version, "kind": envelope.kind, **value}


def _struct_name(envelope: Envelope) -> str:
    group, slash, version = envelope.api_version.partition("/")
    if not slash:
        group, version = "core", group
    if envelope.kind == "DeleteOptions":
        return "meta/v1.DeleteOptions"
    name = f"{group.removesuffix('.k8s.io').partition('.')[0]}/{version}.{envelope.kind}"
    if name not in table():
        raise Torn(f"{envelope.api_version} {envelope.kind} is not known here; send it as JSON")
    return name


def _envelope(body: bytes) -> Envelope:
    envelope = Envelope()
    for number, value in _fields(body):
        if number == 1 and isinstance(value, bytes):
            names = {at: told.decode() for at, told in _fields(value) if isinstance(told, bytes)}
            envelope.api_version, envelope.kind = names.get(1, ""), names.get(2, "")
        elif number == 2 and isinstance(value, bytes):
            envelope.raw = value
    return envelope


def _fields(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and raw values, in the order they come."""
    place = 0
    while place < len(body):
        key, place = _varint(body, place)
        value, place = _value(body, place, key & 7)
        yield key >> 3, value


def _varint(body: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        if place >= len(body):
            raise Torn("a number is cut off")
        byte = body[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value, place
        shift += 7
    raise Torn("a number is too long")


def _value(body: bytes, place: int, wire: int) -> tuple[int | bytes, int]:
    if wire == _VARINT:
        return _varint(body, place)
    if wire == _BYTES:
        length, place = _varint(body, place)
    elif wire in {_FIXED64, _FIXED32}:
        length = 8 if wire == _FIXED64 else 4
    else:
        raise Torn(f"wire type {wire} is not used by Kubernetes")
    if place + length > len(body):
        raise Torn("a value is cut off")
    return body[place : place + length], place + length


def _message(body: bytes, name: str, depth: int) -> Object:
    if depth > DEEPEST:
        raise Torn("it is nested too deeply")
    fields = _numbered(table(), name)
    found: Object = {}
    for number, raw in _fields(body):
        if number in fields:
            _take(found, *fields[number], raw, depth)
    return found


def _numbered(fields: Fields, name: str) -> dict[int, tuple[str, Field]]:
    return {field.number: (own, field) for own, field in fields[name].items()}


def _take(found: Object, name: str, field: Field, raw: int | bytes, depth: int) -> None:
    kind = field.kind
    if name.startswith("@"):
        found.update(_message(_bytes(raw), kind.removeprefix("*"), depth + 1))
    elif kind.startswith("[]"):
        found.setdefault(name, []).append(_single(kind[2:], raw, depth))
    elif kind.startswith("map:"):
        key, value = _entry(kind[4:], _bytes(raw), depth)
        found.setdefault(name, {})[key] = value
    elif kind.startswith("*"):
        found[name] = _single(kind[1:], raw, depth)
    elif value := _single(kind, raw, depth):
        # A field that may not be absent is always sent, if only as nothing: JSON leaves that out.
        found[name] = value


def _entry(kind: str, body: bytes, depth: int) -> tuple[str, Any]:
    parts = dict(_fields(body))
    empty = b"" if kind not in {"int", "bool"} else 0
    return _bytes(parts.get(1, b"")).decode(), _single(kind, parts.get(2, empty), depth)


def _bytes(raw: int | bytes) -> bytes:
    if isinstance(raw, int):
        raise Torn("a number stands where a value should")
    return raw


def _single(kind: str, raw: int | bytes, depth: int) -> Any:
    if kind.startswith("[]"):
        return [_single(kind[2:], value, depth) for _, value in _fields(_bytes(raw))]
    if kind in {"int", "bool"}:
        return _number(kind, raw)
    return _READERS[kind](_bytes(raw)) if kind in _READERS else _message(_bytes(raw), kind, depth + 1)


def _number(kind: str, raw: int | bytes) -> int | bool:
    if not isinstance(raw, int):
        raise Torn("a value stands where a number should")
    if kind == "bool":
        return bool(raw)
    return raw - (1 << 64) if raw >= 1 << 63 else raw


def _time(body: bytes) -> str | None:
    seconds = dict(_fields(body)).get(1, 0)
    return stamp(datetime.fromtimestamp(_number("int", seconds), UTC)) if seconds else None


def _int_or_string(body: bytes) -> int | str:
    parts = dict(_fields(body))
    return _bytes(parts.get(3, b"")).decode() if parts.get(1) else _number("int", parts.get(2, 0))


def _first_text(body: bytes) -> str:
    return _bytes(dict(_fields(body)).get(1, b"")).decode()


_READERS: dict[str, Callable[[bytes], Any]] = {
    "string": bytes.decode,
    "bytes": lambda body: base64.b64encode(body).decode(),
    "float": lambda body: struct.unpack("<d", body)[0],
    "Time": _time,
    "Quantity": _first_text,
    "IntOrString": _int_or_string,
    "FieldsV1": lambda _: {},
    "any": lambda _: None,
}
