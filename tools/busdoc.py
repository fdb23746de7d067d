"""`docs/bus.md`: every message on the bus, from the declarations themselves."""

import inspect
import types
import typing

import msgspec

from libs.messages.codec import MESSAGES
from libs.messages.message import Message

_HEAD = """# The bus

Generated from `libs/messages` by `make docs`; do not edit.

An order has the subject `cmd.<tenant>.<noun>.<verb>.<partition>.<deployment>.<target>`, a fact
`evt.<tenant>.<noun>.<past-verb>.<partition>.<deployment>.<target>`. The target token is a hash of the target's name, or
`-`. One wildcard follows one deployment: `evt.*.*.*.*.<deployment>.*`.

The body is JSON: `id`, `at`, `tenant`, `type` (the message's address), `cause` (the id of the message that led to this
one), `traceparent`, and the message's own fields under `data`. Fields are only ever added; ignore what you do not know.
"""

_KINDS = {"cmd": "Orders", "evt": "Facts"}


def bus_page() -> str:
    sections = [_HEAD]
    for kind, title in _KINDS.items():
        sections.append(f"## {title}\n")
        sections.extend(
            _message(address, MESSAGES[address]) for address in sorted(MESSAGES) if address.startswith(kind)
        )
    return "\n".join(sections)


def _message(address: str, message: type[Message]) -> str:
    about = inspect.cleandoc(vars(message).get("__doc__") or "")
    rows = [
        f"| `{field.name}` | {_type(field.type)} | {'yes' if field.required else 'no'} |"
        for field in msgspec.structs.fields(message)
    ]
    table = ["| field | type | required |", "|---|---|---|", *rows] if rows else ["No fields of its own."]
    return "\n".join([f"### `{address}`", "", *([about, ""] if about else []), *table, ""])


def _type(annotation: object) -> str:
    """An annotation in the words of JSON."""
    arguments = typing.get_args(annotation)
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return " or ".join(_type(argument) for argument in arguments)
    if typing.get_origin(annotation) is tuple:
        return f"list of {_type(arguments[0])}"
    names = {str: "text", int: "whole number", bool: "true or false", type(None): "null"}
    return names.get(typing.cast(type, annotation), getattr(annotation, "__name__", str(annotation)))
