"""A JSON body, typed: what it holds that is not known is refused, rather than passed over. Pure."""

import re
from collections.abc import Iterable
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from libs.runtime.problem import Problem, quoted
from libs.spec.suggestion import suggestion

Body = TypeVar("Body", bound=Struct)

_PLACE = re.compile(r"(?s)(.*?)(?: - at `\$\.?(.*)`)?")
_TYPE = re.compile(r"Expected `([^`]+)`(?:, got `([^`]+)`)?(.*)")
_LENGTH = re.compile(r"of length <= ([0-9]+)")
_MISSING = re.compile(r"Object missing required field `(.+)`")
_AT_MOST = r"of at most \1 characters"
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def decoded(text: bytes, kind: type[Body]) -> Body:
    """A `Problem` where it is not JSON, or not of that shape."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        # A member that is missing may be there, misspelled.
        require_known(text, kind)
        raise Problem(422, in_words(str(error)), "invalid_body") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "the body is not JSON") from error


def require_known(text: bytes, kind: type[Struct]) -> None:
    """A `Problem` where the object holds what its kind does not know. The text is known to be JSON."""
    known = [field.encode_name for field in fields(kind)]
    name = next((name for name in _members(text) if name not in known), None)
    if name is not None:
        raise Problem(422, f"{quoted(name)} is not known here; {suggestion(name, known)}", "invalid_body")


def _members(text: bytes) -> Iterable[str]:
    try:
        return msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()


def in_words(error: str) -> str:
    """The decoder's sentence as people speak: `config: needs text, not a whole number`."""
    place = _PLACE.fullmatch(error)
    assert place is not None, "it matches whatever there is"
    said, path = place[1], place[2]
    where = f"{path}: " if path else ""
    if missing := _MISSING.fullmatch(said):
        return f"{where}{missing[1]} is missing"
    wanted = _TYPE.fullmatch(said)
    if wanted is None:
        return where + said
    found = f", not {_spelled(wanted[2])}" if wanted[2] else ""
    return f"{where or 'the body '}needs {_spelled(wanted[1])}{found}{_LENGTH.sub(_AT_MOST, wanted[3])}"


def _spelled(types: str) -> str:
    return " or ".join(_WORDS.get(one, one) for one in types.split(" | "))
