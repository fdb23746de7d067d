"""What is wrong in a file, as clients are told."""

from msgspec import Struct


class FileProblem(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong in a deployment file or a manifest."""

    message: str
    line: int = 0
    column: int = 0
    path: str = ""
    hint: str = ""
    severity: str = "error"
    code: str = ""
    file: str = ""
    """The manifest that line and column count in; empty: the deployment file."""
