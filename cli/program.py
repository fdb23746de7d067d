"""What to type to call this program, as it was called this time: to be copied into a shell as it stands."""

import shlex
import sys
from pathlib import Path


def command(*words: str) -> str:
    """Names are other people's: a space or a bracket in one of them must not mean anything to a shell."""
    return f"{program()} {shlex.join(words)}"


def program() -> str:
    """The way it was written."""
    called = sys.argv[0] if sys.argv else ""
    if Path(called).name != "fairlead":
        return "fairlead"
    on_path = "/" not in called or Path(called).parent.as_posix() in _folders()
    return "fairlead" if on_path else shlex.quote(called)


def _folders() -> list[str]:
    import os

    return os.environ.get("PATH", "").split(os.pathsep)
