"""Pieces of bytes that are no frames, made from every frame that is declared: a new one is mangled as well."""

from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from msgspec import Struct

VARINT, BYTES = 0, 2


class Piece(Struct, frozen=True):
    name: str
    data: bytes


def malformed(outer: type[Message]) -> Iterator[Piece]:
    """For each kind of frame: cut off, of another wire type, with text that is no UTF-8, nested without end."""
    yield from _anywhere()
    for field in outer.DESCRIPTOR.fields:
        if field.message_type is not None:
            yield from _inside(field.name, field.number, field.message_type.fields)


def _anywhere() -> Iterator[Piece]:
    yield Piece("no protobuf", b"\xff\xff\xff\xff")
    yield Piece("field number 0", b"\x00\x01")
    yield Piece("endless varint", b"\x08" + b"\xff" * 11)
    yield Piece("end of a group that never began", b"\x0c")
    yield Piece("groups without end", b"\x7b" * 10_000)
    yield Piece("wire type 7", b"\x0f")


def _inside(frame: str, number: int, fields: Iterable[Any]) -> Iterator[Piece]:
    tag = _tag(number, BYTES)
    yield Piece(f"{frame} of another wire type", _tag(number, 3))
    yield Piece(f"{frame} cut off", tag + b"\x7f\x01")
    yield Piece(f"{frame} longer than everything", tag + b"\xff\xff\xff\xff\x0f")
    for field in fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            text = _tag(field.number, BYTES) + b"\x02\xc3\x28"
            yield Piece(f"{frame}.{field.name} is no UTF-8", tag + bytes([len(text)]) + text)


def _tag(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
