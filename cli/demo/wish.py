"""What somebody wants of the demonstration: the options of `demo`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Wish:
    """Where it is played, and what stays of it."""

    kubeconfig: Annotated[
        Path | None,
        Parameter(help="Play on this kubeconfig's cluster instead of two sandboxes, in namespaces made for it."),
    ] = None
    context: Annotated[str, Parameter(help="The context in that kubeconfig; left out: its current one.")] = ""
    yes: Annotated[
        bool, Parameter(name=["--yes", "-y"], negative="", help="Do not ask before something is made in that cluster.")
    ] = False
    keep: Annotated[bool, Parameter(negative="", help="Leave the state folder behind, to look at it.")] = False


AS_EVER = Wish()
