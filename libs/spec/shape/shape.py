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
    refers: str = ""
    """Which kind of thing it names, where it must be defined elsewhere in the file."""


class Template(Struct, frozen=True):
    """Text with `{{armory.x}}`, `{{context.x}}` and `{{secrets.x}}` in it."""

    most: int
    lines: bool = False


class AsWritten(Struct, frozen=True):
    """Text that needs no quotes: `1.10` and `true` are taken letter by letter."""

    most: int = 8192


class Whole(Struct, frozen=True):
    least: int
    most: int


class Number(Struct, frozen=True):
    """Any number that JSON can hold."""


class Flag(Struct, frozen=True):
    pass


class Choice(Struct, frozen=True):
    """One of a few words, in any case; reads as the word spelled as here."""

    words: tuple[str, ...]
    unbuilt: tuple[str, ...] = ()
    """Words of the schema that this release does not execute, and so refuses by name."""


class ListOf(Struct, frozen=True):
    item: "Shape"
    least: int = 0
    most: int = 1000
    hint: str = ""
    """What to do about a list that is too short."""
    lone: bool = False
    """Whether a single text may stand for a list of one, with a warning."""
    wrap: bool = False
    """Whether a single mapping may stand for a list of one."""
    defines: str = ""
    """Which kind of thing each item's `name` defines. What nothing uses may be broken."""


class MapOf(Struct, frozen=True):
    """A mapping whose keys are names that the file's author chooses."""

    value: "Shape"
    least: int = 0
    most: int = 1000
    pairs: bool = False
    """Whether a list of mappings may stand for their sum."""
    defines: str = ""
    """Which kind of thing each key defines. What nothing uses may be broken."""


class Record(Struct, frozen=True):
    """A mapping with known keys, checked in the order of its fields: what uses names comes before what defines them."""

    fields: dict[str, "Shape"]
    required: tuple[str, ...] = ()
    same: dict[str, str] = {}
    """Other spellings, as good as these."""
    aliases: dict[str, str] = {}
    """Older spellings, accepted with a warning."""
    one: bool = False
    """Exactly one of the keys, as a step has."""
    shorthand: str = ""
    """The key that a bare value stands for."""
    hints: dict[str, str] = {}
    """For keys often written here by mistake: what to do."""
    about: dict[str, str] = {}
    """What a key is for, in an editor's words."""


class NotBuilt(Struct, frozen=True):
    """A part of the file's schema that this release does not execute, and so refuses by name."""

    hint: str = "remove it"


class NotHere(Struct, frozen=True):
    """A key of the schema in a place where it means nothing."""

    hint: str


class Ignored(Struct, frozen=True):
    pass


Word = Text | Template | AsWritten | Whole | Number | Flag | Choice
Outside = NotBuilt | NotHere | Ignored
Shape = Word | ListOf | MapOf | Record | Outside
Values = dict[str, Any]
"""A record's checked values, by key; None where one is wrong."""
