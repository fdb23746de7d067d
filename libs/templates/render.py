"""Which names a template holds, and its text with their values in place; an inserted value is never read again."""

import bisect
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

MOST_CHARACTERS = 2**20
NAMESPACES = ("armory", "context", "secrets")
SECRETS = "secrets."
"""How the name of a secret begins."""
# What follows the namespace is one literal name, dots and dashes included: `armory.preview.sample-app-svc`.
TAG = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(rf"({'|'.join(NAMESPACES)})\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class Name(Struct, frozen=True):
    """A name in a template and where its braces open (both from 1)."""

    text: str
    line: int
    column: int

    @property
    def is_valid(self) -> bool:
        return _NAME.fullmatch(self.text) is not None


class UnknownName(Exception):
    """The template names a value that there is not."""

    def __init__(self, name: Name) -> None:
        super().__init__(f"line {name.line}, column {name.column}: {{{{{name.text[:80]}}}}} has no value")


class TooLong(Exception):
    """The text with its values in place would be longer than is allowed."""

    def __init__(self) -> None:
        super().__init__(f"the text would be longer than {MOST_CHARACTERS} characters")


def names(template: str) -> tuple[Name, ...]:
    """Every tag, known or not, in order; whoever checks a template asks `is_valid` of each."""
    breaks = [match.end() for match in re.finditer("\n", template)]
    return tuple(_name(match, breaks) for match in TAG.finditer(template))


def render(template: str, values: Mapping[str, str]) -> str:
    """`values` by full name (`context.owner`); raises `UnknownName` for any other, `TooLong` beyond the limit."""
    parts: list[str] = []
    length = 0
    for part in _parts(template, values):
        length += len(part)
        if length > MOST_CHARACTERS:
            raise TooLong
        parts.append(part)
    return "".join(parts)


def _parts(template: str, values: Mapping[str, str]) -> Iterator[str]:
    end = 0
    for match in TAG.finditer(template):
        name = match[1].strip(" \t")
        if name not in values:
            raise UnknownName(next(one for one in names(template) if one.text == name))
        yield template[end : match.start()]
        yield values[name]
        end = match.end()
    yield template[end:]


def _name(match: re.Match[str], breaks: list[int]) -> Name:
    line = bisect.bisect_right(breaks, match.start())
    return Name(match[1].strip(" \t"), line + 1, match.start() - (breaks[line - 1] if line else 0) + 1)
