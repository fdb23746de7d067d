"""What to type to call this program, as it was called this time."""

import sys
from pathlib import Path


def program() -> str:
    """The way it was written, so that a hint can be copied as it stands."""
    called = sys.argv[0] if sys.argv else ""
    if Path(called).name != "fairlead":
        return "fairlead"
    on_path = "/" not in called or Path(called).parent.as_posix() in _folders()
    return "fairlead" if on_path else called


def _folders() -> list[str]:
    import os

    return os.environ.get("PATH", "").split(os.pathsep)
