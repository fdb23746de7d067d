"""Standard output that says why it cannot be written, whoever writes: a command, a table, a help page."""

import io
import os
from typing import Any, TextIO

from cli.exits import Exit, Stop

HINT = "see where it leads to"


def checked(stdout: TextIO | None) -> TextIO:
    """The same place. Raises `Stop` where a shell has closed it."""
    if stdout is None:
        silence()
        raise Stop(Exit.FAILED, "standard output cannot be written: it is closed", HINT)
    raw = io.BufferedWriter(_Stdout(stdout.fileno(), "wb", closefd=False))
    return io.TextIOWrapper(raw, stdout.encoding, stdout.errors, line_buffering=stdout.isatty())


def silence() -> None:
    """Nothing more can be said, not even by the interpreter at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class _Stdout(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            silence()
            raise Stop(Exit.FAILED, f"standard output cannot be written: {error.strerror}", HINT) from error
