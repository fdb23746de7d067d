"""Every message that is declared, well said and badly said: a new one is covered without a word here."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct, inspect

from libs.messages.codec import MESSAGES
from libs.messages.message import Message
from libs.messages.subject import Key, message_subject

KEY = Key("t", 1, "d")
DEPTH = 100_000
ADDRESSES = sorted(address for address in MESSAGES if not address.startswith("obs."))
OF_ANOTHER_KIND = {"string": "x", "number": 7, "bool": True, "array": [], "object": {}, "null": None}


class Bad(Struct, frozen=True):
    name: str
    subject: str
    data: bytes


def good(message: type[Message]) -> dict[str, Any]:
    """The smallest envelope that says it."""
    return {
        "id": "m",
        "at": "2026-01-01T00:00:00Z",
        "tenant": KEY.tenant,
        "type": message.address,
        "data": _sample(inspect.type_info(message)),
    }


def subject(message: type[Message]) -> str:
    return message_subject(message.address, KEY)


def bad(message: type[Message]) -> Iterator[Bad]:
    said = good(message)
    for name, data in (*_no_json(said), *_envelopes(said), *_bodies(message, said)):
        yield Bad(name, subject(message), data)
    yield from _elsewhere(message, said)


def _no_json(said: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    text = encoded(said)
    deep = b'{"x":' + b"[" * DEPTH + b"]" * DEPTH
    yield from {
        "nothing": b"",
        "null": b"null",
        "a list": b"[]",
        "a number": b"7",
        "a text": b'"x"',
        "cut off": text[:-1],
        "two": text + text,
        "NUL": b"\0" + text,
        "NUL in a text": text.replace(b'"m"', b'"m\0"'),
        "no UTF-8": text.replace(b'"m"', b'"\xc3\x28"'),
        "UTF-16": text.decode().encode("utf-16"),
        "a mark of the byte order": b"\xef\xbb\xbf" + text,
        "deep": b"[" * DEPTH,
        "deep beside it": deep + b"," + text[1:],
        "deep within": text.replace(b'"data":{', b'"data":' + deep + b",").replace(b",}", b"}"),
    }.items()


def _envelopes(said: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    for name in said:
        yield f"without {name}", encoded({key: value for key, value in said.items() if key != name})
        for kind in ("number", "array", "null"):
            yield f"{name} is {kind}", encoded(said | {name: OF_ANOTHER_KIND[kind]})
    yield "no time", encoded(said | {"at": "yesterday"})
    yield "another tenant", encoded(said | {"tenant": "u"})
    yield "unknown", encoded(said | {"type": "cmd.nobody.knows"})
    yield "an observation", encoded(said | {"type": "obs.timer.fired"})
    yield "the next one's name", encoded(said | {"type": _another(said["type"])})


def _bodies(message: type[Message], said: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    for kind in ("string", "bool"):
        yield f"data is {kind}", encoded(said | {"data": OF_ANOTHER_KIND[kind]})
    for field in inspect.type_info(message).fields:  # type: ignore[attr-defined]
        rest = {key: value for key, value in said["data"].items() if key != field.encode_name}
        if field.required:
            yield f"data without {field.name}", encoded(said | {"data": rest})
        for kind in OF_ANOTHER_KIND.keys() - _kinds(field.type):
            wrong = rest | {field.encode_name: OF_ANOTHER_KIND[kind]}
            yield f"data.{field.name} is {kind}", encoded(said | {"data": wrong})
        if _kinds(field.type) == {"string"}:
            text = encoded(said | {"data": rest | {field.encode_name: "MARK"}})
            yield f"data.{field.name} is no UTF-8", text.replace(b"MARK", b"\xff\xfe")


def _elsewhere(message: type[Message], said: dict[str, Any]) -> Iterator[Bad]:
    """Well said, on a subject where it does not belong."""
    text, kind, rest = encoded(said), *message.address.split(".", 1)
    tail = "1.d.-"
    noun, verb = rest.split(".")
    for name, where in {
        "another tenant's subject": f"{kind}.u.{noun}.{verb}.{tail}",
        "another message's subject": message_subject(_another(message.address), KEY),
        "a partition that is no number": f"{kind}.t.{noun}.{verb}.x.d.-",
        "a partition below all": f"{kind}.t.{noun}.{verb}.-1.d.-",
        "a partition beyond all": f"{kind}.t.{noun}.{verb}.{'9' * 40}.d.-",
        "a wildcard": f"{kind}.t.{noun}.{verb}.1.*.-",
        "everything": f"{kind}.t.{noun}.{verb}.1.d.>",
        "upper case": f"{kind}.t.{noun}.{verb}.1.D.-",
        "NUL": f"{kind}.t.{noun}.{verb}.1.d\0.-",
        "a space that is not one": f"{kind}.t.{noun}.{verb}.1.d\u00a0x.-",
        "too short": f"{kind}.t.{noun}.{verb}",
        "too long": f"{kind}.t.{noun}.{verb}.{tail}.x",
    }.items():
        yield Bad(f"on {name}", where, text)


def encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _another(address: str) -> str:
    return ADDRESSES[(ADDRESSES.index(address) + 1) % len(ADDRESSES)]


def _sample(kind: inspect.Type) -> Any:
    match kind:
        case inspect.StructType(fields=fields, tag=tag, tag_field=tag_field):
            made = {field.encode_name: _sample(field.type) for field in fields if field.required}
            return made | ({tag_field: tag} if tag_field else {})
        case inspect.UnionType(types=types):
            return _sample(types[0])
        case inspect.EnumType(cls=cls):
            return next(iter(cls)).value
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.DateTimeType():
            return "2026-01-01T00:00:00Z"
        case _:
            return {"string": "x", "number": 1, "bool": True, "array": [], "object": {}, "null": None}[
                next(iter(sorted(_kinds(kind) - {"null"} or {"null"})))
            ]


_KINDS: dict[type, str] = {
    inspect.StrType: "string",
    inspect.BytesType: "string",
    inspect.DateTimeType: "string",
    inspect.EnumType: "string",
    inspect.LiteralType: "string",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "bool",
    inspect.NoneType: "null",
    inspect.DictType: "object",
    inspect.StructType: "object",
    inspect.VarTupleType: "array",
    inspect.ListType: "array",
    inspect.FrozenSetType: "array",
}


def _kinds(kind: inspect.Type) -> set[str]:
    """Which kinds of JSON value it takes."""
    if isinstance(kind, inspect.UnionType):
        return set().union(*(_kinds(one) for one in kind.types))
    if isinstance(kind, inspect.AnyType | inspect.RawType):
        return set(OF_ANOTHER_KIND)
    return {_KINDS[type(kind)]}


def message_of(said: dict[str, Any]) -> Message:
    return msgspec.json.decode(encoded(said["data"]), type=MESSAGES[said["type"]])
