"""`fairlead template kubernetes …`: deployment files to begin with."""

from typing import Annotated

from cyclopts import App, Parameter

from cli.exits import Exit, Stop

app = App(name="template", help="Print deployment files to begin with.")
kubernetes = App(name="kubernetes", help="For Kubernetes.")
app.command(kubernetes)

_FEATURES = ("manual", "automated", "traffic", "webhook")
Features = Annotated[
    tuple[str, ...],
    Parameter(
        name=["--features", "-f"],
        negative="",
        help=f"What the strategy shows: {', '.join(_FEATURES)}; several with commas, or repeated.",
    ),
]


@kubernetes.command
def canary(*, features: Features = ("manual",)) -> int:
    """Print a file that goes to a part of the pods first.

    Example: fairlead template kubernetes canary -f manual,webhook > deploy.yml
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

    from cli.files.templates import text, unrun
    from cli.options import known_server

    wanted = frozenset(one.strip() for given in features for one in given.split(","))
    if unknown := sorted(wanted.difference(_FEATURES)):
        raise Stop(Exit.WRONG, f"{unknown[0]!r} is no feature", f"known: {', '.join(_FEATURES)}")
    written = text(strategy, wanted, known_server())
    sys.stdout.write(written)
    for warning in unrun(written):
        sys.stderr.write(f"{warning}\n")
    return Exit.DONE
