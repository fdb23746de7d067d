"""The words in which the deployment file's shape is declared (`schema.py` declares it, `walk.py` checks it)."""

from typing import Any

from msgspec import Struct


class Text(Struct, frozen=True):
    pattern: str = ""
    """What the whole text must match; empty: anything on one line."""
    means: str = "text"
    most: int = 200
    lines: bool = False
    """Whether it may have several lines."""


class AsWritten(Struct, frozen=True):
    """Text that needs no quotes: `1.10` and `true` are taken letter by letter."""


class Whole(Struct, frozen=True):
    least: int
    most: int


class Flag(Struct, frozen=True):
    pass


class Choice(Struct, frozen=True):
    """One of a few words, in any case; reads as the word in lower case."""

    words: tuple[str, ...]


class ListOf(Struct, frozen=True):
    item: "Shape"
    least: int = 0
    most: int = 1000
    hint: str = ""
    """What to do about a list that is too short."""
    lone: bool = False
    """Whether a single text may stand for a list of one."""


class MapOf(Struct, frozen=True):
    """A mapping whose keys are names that the file's author chooses."""

    value: "Shape"
    least: int = 0
    most: int = 1000


class Record(Struct, frozen=True):
    """A mapping with known keys."""

    fields: dict[str, "Shape"]
    required: tuple[str, ...] = ()
    aliases: dict[str, str] = {}
    """Older spellings, accepted with a warning."""
    one: bool = False
    """Exactly one of the keys, as a step has."""
    shorthand: str = ""
    """The key that a bare number stands for."""
    hints: dict[str, str] = {}
    """For keys often written here by mistake: what to do."""


class NotBuilt(Struct, frozen=True):
    """A part of the file's schema that this release does not execute, and so refuses by name."""

    harmless: Any = None
    """The one value that changes nothing, and is accepted."""


class NotHere(Struct, frozen=True):
    """A key of the schema in a place where it means nothing."""

    hint: str


class Ignored(Struct, frozen=True):
    pass


Shape = Text | AsWritten | Whole | Flag | Choice | ListOf | MapOf | Record | NotBuilt | NotHere | Ignored
