"""One setting, read off its Struct: what it is called, what it must be, what it means, and how its text is decoded."""

import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from libs.runtime.secret import Secret

_SHOWN = 64
"""How much of a wrong value is repeated."""
_WORDS = {bool: "true|false", str: "text", int: "whole number", float: "number", Path: "path", Secret: "secret"}
_UNITS = ("seconds", "milliseconds", "bytes", "days")


class Field(Struct, frozen=True):
    """A setting. Its unit is the last word of its name."""

    name: str
    type: Any
    fallback: Any
    """The default, or `NODEFAULT`."""

    @property
    def required(self) -> bool:
        return self.fallback is NODEFAULT

    @property
    def is_secret(self) -> bool:
        return Secret in _members(self.type)

    @property
    def meaning(self) -> str:
        return next((meta.description for meta in _metas(self.type) if meta.description), "")

    @property
    def expected(self) -> str:
        unit = self.name.rpartition("_")[2]
        words = [_spelled(self.type), *([unit] if unit in _UNITS else []), *_limits(self.type)]
        return ", ".join(words)

    @property
    def default(self) -> str:
        if self.required:
            return "required"
        if self.fallback is None or self.fallback in ("", ()):
            return "default empty"
        return f"default {_shown_default(self.fallback)}"

    def decode(self, value: object, source: str, *, strict: bool) -> Any:
        """The value, typed. Text from the environment is converted (not `strict`); a file's values are typed."""
        given = _split(value) if not strict and get_origin(_bare(self.type)) is tuple else value
        try:
            return msgspec.convert(given, self.type, strict=strict, dec_hook=_decode)
        except (msgspec.ValidationError, ValueError) as error:
            shown = "a secret" if self.is_secret else ascii(value)[:_SHOWN]
            raise ValueError(f"expected {self.expected}, got {shown} from {source}") from error


def fields_of(cls: type[Struct]) -> list[Field]:
    """Every setting of a Struct and of the Structs it holds, each name once."""
    found: dict[str, Field] = {}
    for field in msgspec.structs.fields(cls):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            nested = fields_of(field.type)
        else:
            nested = [Field(field.name, field.type, _fallback(field))]
        for one in nested:
            if found.setdefault(one.name, one) != one:
                raise AssertionError(f"the setting {one.name} is declared twice, differently")
    return list(found.values())


def _fallback(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


def _decode(kind: type, value: object) -> object:
    if not isinstance(value, str) or (kind is Path and not value):
        raise ValueError("expected text")
    return Path(value).expanduser() if kind is Path else kind(value)


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _members(kind: Any) -> tuple[Any, ...]:
    """The type itself, or what a union allows besides None."""
    bare = _bare(kind)
    if get_origin(bare) in (Union, types.UnionType):
        return tuple(member for one in get_args(bare) if one is not types.NoneType for member in _members(one))
    return (bare,)


def _metas(kind: Any) -> list[Meta]:
    if get_origin(kind) is not Annotated:
        return [meta for member in get_args(kind) for meta in _metas(member)]
    return [meta for meta in kind.__metadata__ if isinstance(meta, Meta)]


def _spelled(kind: Any) -> str:
    member = _members(kind)[0]
    if get_origin(member) is Literal:
        return "|".join(get_args(member))
    if get_origin(member) is tuple:
        return "comma-separated list"
    return {bool: "true|false", str: "text", int: "whole number", float: "number", Path: "path", Secret: "secret"}[
        member
    ]


def _limits(kind: Any) -> list[str]:
    signs = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    lengths = {"min_length": "no shorter than", "max_length": "no longer than", "pattern": "matching"}
    return [
        f"{words} {value:g}" if isinstance(value, float) else f"{words} {value}"
        for meta in _metas(kind)
        for name, words in (signs | lengths).items()
        if (value := getattr(meta, name)) is not None
    ]


def _shown_default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
