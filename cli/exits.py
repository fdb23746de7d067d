"""How a command ends: the exit codes that scripts rely on, and the one exception that carries them."""

from enum import IntEnum


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

    def __init__(self, code: Exit, message: str, *hints: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hints = code, message, hints
