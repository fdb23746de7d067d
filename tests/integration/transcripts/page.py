"""A page of docs/transcripts: prose, files, and consoles whose `$` lines are run and whose other lines are compared."""

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

_BLOCK = re.compile(r"```(\w+)(?: ([^\n]+))?\n(.*?)```\n", re.DOTALL)


class File(Struct, frozen=True):
    name: str
    text: str


class Console(Struct, frozen=True):
    """A part of the page that is run: its commands, and where it stands in the text."""

    commands: tuple[str, ...]
    start: int
    end: int


def parts(text: str) -> Iterator[File | Console]:
    """The page's files and consoles, in order: a file stands for what was called so before."""
    for block in _BLOCK.finditer(text):
        language, name, body = block.groups()
        if language == "console":
            commands = tuple(line.removeprefix("$ ") for line in body.splitlines() if line.startswith("$ "))
            yield Console(commands, block.start(3), block.end(3))
        elif name:
            yield File(name, body)


def written(text: str, consoles: list[tuple[Console, str]]) -> str:
    """The page with what its consoles printed."""
    for console, printed in reversed(consoles):
        text = text[: console.start] + printed + text[console.end :]
    return text


def pages(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.md") if path.name != "README.md")
