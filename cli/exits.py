"""How a command ends: the exit codes that scripts rely on, and the one exception that carries them."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    """It failed, was rolled back or rejected, or something unforeseen happened."""
    WRONG = 2
    """Wrong usage, or a file that does not validate."""
    IN_PROGRESS = 3
    """This application is being deployed already."""
    NOT_ALLOWED = 4
    """Not logged in, or not allowed."""
    UNREACHABLE = 5
    TIMEOUT = 124
    INTERRUPTED = 130


class Stop(Exception):
    """The command ends here. Shown without a traceback: what happened, and below it what to do next."""

    def __init__(self, code: Exit, message: str, *hints: str, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.hints = code, message, hints
        self.problem = problem or {"title": message, "code": code.name.lower(), **({"hints": hints} if hints else {})}
        """The server's problem document; of what the server did not say, the same members without a status."""
        self.format = "text"
        """How it is told."""
