"""What somebody wants deployed: the options of `deploy start`."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A file, and what changes about it this time."""

    file: Annotated[
        str,
        Parameter(
            name=["--file", "-f"],
            allow_leading_hyphen=True,
            help="The deployment file; - reads it from standard input.",
        ),
    ]
    target: Annotated[
        tuple[str, ...],
        Parameter(name=["--target", "-t", "--targetFilters"], negative="", help="Only this target; may be repeated."),
    ] = ()
    application: Annotated[
        str, Parameter(name=["--application", "-n"], help="The application's name, instead of the file's.")
    ] = ""
    idempotency_key: Annotated[
        str, Parameter(name="--idempotency-key", help="The same key never starts two deployments; made up if left out.")
    ] = ""
