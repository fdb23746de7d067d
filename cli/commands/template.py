"""`fairlead template kubernetes …`: deployment files to begin with."""

from typing import Annotated, Literal

from cyclopts import App, Parameter

from cli.exits import Exit

app = App(name="template", help="Print deployment files to begin with.")
kubernetes = App(name="kubernetes", help="For Kubernetes.")
app.command(kubernetes)

Features = Annotated[
    tuple[Literal["manual", "automated", "traffic", "webhook"], ...],
    Parameter(name=["--features", "-f"], negative="", help="What the strategy shows; may be repeated."),
]


@kubernetes.command
def canary(*, features: Features = ("manual",)) -> int:
    """Print a file that goes to a part of the pods first.

    Example: fairlead template kubernetes canary -f manual -f webhook > deploy.yml
    """
    return _print("canary", features)


@kubernetes.command
def bluegreen(*, features: Features = ("manual",)) -> int:
    """Print a file that makes all of the new version beside the old one, then moves the traffic.

    Example: fairlead template kubernetes bluegreen > deploy.yml
    """
    return _print("bluegreen", features)


def _print(strategy: str, features: tuple[str, ...]) -> int:
    import sys

    from cli.files.templates import text

    sys.stdout.write(text(strategy, frozenset(features)))
    return Exit.DONE
