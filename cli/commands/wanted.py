"""What somebody wants deployed, and which deployment is meant: the options of `fairlead deploy`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Deployment = Annotated[
    str,
    Parameter(
        name=["--deployment", "-i", "--deploymentId"],
        help="The deployment's id, or how it begins; left out: the only one under way, or the newest.",
    ),
]
# What shells complete is a path; what comes is always a text, because an address and - are no paths.
File = Annotated[
    str | Path,
    Parameter(
        name=["--file", "-f"],
        allow_leading_hyphen=True,
        help="The deployment file, or its https:// address; - reads standard input.",
    ),
]
Application = Annotated[
    str, Parameter(name=["--application", "-n"], help="The application's name, instead of the file's.")
]
Account = Annotated[str, Parameter(name="--account", help="The agent of every target, instead of the file's.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A file, and what changes about it this time."""

    file: File = ""
    deployment: Annotated[
        str,
        Parameter(
            name=["--deployment", "-i", "--pipelineId"],
            help="Instead of a file: the deployment to deploy again, with its own file and manifests.",
        ),
    ] = ""
    target: Annotated[
        tuple[str, ...],
        Parameter(
            name=["--target", "-t", "--targetFilters", "--target-filters"],
            negative="",
            help="Only this target; may be repeated.",
        ),
    ] = ()
    application: Application = ""
    account: Account = ""
    add_context: Annotated[
        tuple[str, ...],
        Parameter(
            name="--add-context", negative="", help="name=value,…: wins over the file's context; may be repeated."
        ),
    ] = ()
    with_scm: Annotated[
        bool,
        Parameter(name="--with-scm", negative="", help="Say which change this is: from GitHub's variables, else git."),
    ] = False
    with_scm_file: Annotated[
        Path | None, Parameter(name="--with-scm-file", help="Say which change this is, from a YAML file.")
    ] = None
    idempotency_key: Annotated[
        str, Parameter(name="--idempotency-key", help="The same key never starts two deployments; made up if left out.")
    ] = ""
