"""Printing: results to stdout, everything else to stderr; colour and redrawing only where a person looks."""

import os
import sys
from collections.abc import Iterable
from typing import Any, TextIO

import msgspec
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from cli.harmless import escaped, harmless
from cli.options import Options

PLAIN_WIDTH = 160
"""A pipe has no width of its own: long enough that lines of ours are never folded."""


class Output:
    def __init__(self, options: Options, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.format = options.output
        plain = options.no_color or bool(os.environ.get("NO_COLOR"))
        self.console = _console(out or sys.stdout, plain)
        self.errors = _console(err or sys.stderr, plain)
        self.is_verbose = options.verbose
        self.go_on = ""
        """How to take the command up again, should it be interrupted."""

    @property
    def is_live(self) -> bool:
        """Whether a person looks at a terminal that can be redrawn."""
        return self.format == "text" and self.console.is_terminal and not self.console.is_dumb_terminal

    def result(self, document: Any, text: RenderableType) -> None:
        """What the command was for: the document in the asked format, or the text."""
        if self.format == "text":
            # Cut off at the edge, an id could not be copied: the terminal folds what is too wide.
            self.console.print(text, crop=False)
        else:
            self.console.file.write(formatted(document, self.format))
            self.console.file.flush()

    def line(self, text: str) -> None:
        """Progress: stdout for a person, stderr where stdout carries a document."""
        console = self.console if self.format == "text" else self.errors
        console.print(text, markup=False, highlight=False)

    def note(self, text: str, style: str = "") -> None:
        self.errors.print(text, style=style or None, markup=False, highlight=False)

    def debug(self, text: str) -> None:
        if self.is_verbose:
            self.note(text, "dim")


def formatted(document: Any, style: str) -> str:
    raw = msgspec.json.format(msgspec.json.encode(document)).decode()
    text = escaped(raw)
    if style == "yaml":
        import yaml

        # Everything beyond ASCII is escaped where anything there would command the terminal.
        return str(
            yaml.safe_dump(msgspec.to_builtins(document, str_keys=True), sort_keys=False, allow_unicode=text == raw)
        )
    return f"{text}\n"


class _Console(Console):
    """Shows every character that would command the terminal, and obeys only our own styles."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else harmless(text), style, control)


def _console(file: TextIO, plain: bool) -> Console:
    width = None if file.isatty() else PLAIN_WIDTH
    return _Console(file=file, no_color=plain, width=width, soft_wrap=not file.isatty(), highlight=False)
