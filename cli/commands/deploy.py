"""`fairlead deploy …`: start, look at, follow and steer deployments."""

import uuid
from dataclasses import asdict, dataclass
from math import isnan
from typing import Annotated

from cyclopts import App, Parameter

from cli.commands.decisions import DECISIONS
from cli.commands.running import run
from cli.commands.wanted import Deployment, Wanted
from cli.exits import Exit, Stop
from cli.options import DEFAULTS, Options
from cli.output import Output
from cli.server.client import Client
from libs.runtime.clock import system_random

app = App(name="deploy", help="Start, look at, follow and steer deployments.")
for decision in DECISIONS:
    app.command(decision)

Watch = Annotated[bool, Parameter(name=["--watch", "-w"], negative="", help="Follow to the end.")]


def _check_seconds(_: object, seconds: float | None) -> None:
    if seconds is not None and (isnan(seconds) or seconds < 0):
        raise ValueError("Give a number of seconds from 0 on.")


Timeout = Annotated[
    float | None,
    Parameter(validator=_check_seconds, help="Seconds to follow; the deployment goes on after them."),
]

Targets = Annotated[
    tuple[str, ...], Parameter(name=["--target", "-t"], negative="", help="Only this target; may be repeated.")
]

NOTHING = Wanted()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Listing:
    """Which deployments, and how many at once."""

    application: Annotated[str, Parameter(name=["--application", "-n"], help="Only of this application.")] = ""
    phase: Annotated[str, Parameter(help="Only in this phase; active: every one that has not ended.")] = ""
    by: Annotated[str, Parameter(help="Only what this person or machine started.")] = ""
    id: Annotated[
        str, Parameter(name=["--deployment", "-i", "--deploymentId"], help="Only those whose id begins so.")
    ] = ""
    since: Annotated[str, Parameter(help="Only what was started since: 90m, 1h, 2d or 2026-05-01T12:00:00Z.")] = ""
    limit: Annotated[int, Parameter(help="How many, newest first.")] = 20
    cursor: Annotated[str, Parameter(help="Where the page before ended.")] = ""


EVERYTHING = Listing()


@app.command
def start(
    wanted: Wanted = NOTHING, *, watch: Watch = False, timeout: Timeout = None, options: Options = DEFAULTS
) -> int:
    """Deploy what a file says.

    The file and every manifest it names are checked first; nothing is sent that does not validate.

    Example: fairlead deploy start -f deploy.yml --watch
    """
    from cli.deploying.starting import start

    key, following = wanted.idempotency_key or _fresh_key(), _following(timeout, is_followed=watch)
    return run(options, lambda client, output: start(client, output, wanted, key, following))


@app.command
def redeploy(
    deployment: Deployment = "",
    *,
    target: Targets = (),
    watch: Watch = False,
    timeout: Timeout = None,
    options: Options = DEFAULTS,
) -> int:
    """Deploy the file and manifests of an earlier deployment once more.

    Example: fairlead deploy redeploy --watch
    """
    return _again("redeploy", deployment, options, target, _following(timeout, is_followed=watch))


@app.command
def undo(
    deployment: Deployment = "",
    *,
    target: Targets = (),
    watch: Watch = False,
    timeout: Timeout = None,
    options: Options = DEFAULTS,
) -> int:
    """Deploy once more the success that was before a deployment, to the targets that the deployment changed.

    Example: fairlead deploy undo --watch
    """
    return _again("undo", deployment, options, target, _following(timeout, is_followed=watch))


def _following(timeout: float | None, *, is_followed: bool) -> tuple[bool, float | None]:
    if timeout is not None and not is_followed:
        raise Stop(Exit.WRONG, "--timeout says how long to follow, and nothing is followed", "add --watch")
    return is_followed, timeout


def _again(
    verb: str, deployment: str, options: Options, targets: tuple[str, ...], following: tuple[bool, float | None]
) -> int:
    from cli.deploying.starting import again

    key = _fresh_key()
    return run(options, lambda client, output: again(client, output, (verb, deployment, targets), key, following))


@app.command
def status(deployment: Deployment = "", *, options: Options = DEFAULTS) -> int:
    """Show a deployment as it is now; exit code 1 says that it failed or was cancelled.

    Example: fairlead deploy status
    """
    from cli.deploying.steering import status

    return run(options, lambda client, output: status(client, output, deployment))


@app.command(name="list")
def list_(*, listing: Listing = EVERYTHING, options: Options = DEFAULTS) -> int:
    """List deployments, newest first.

    Example: fairlead deploy list --phase active
    """
    from cli.deploying.steering import Page, list_deployments

    page = Page(**asdict(listing))
    return run(options, lambda client, output: list_deployments(client, output, page))


@app.command
def watch(deployment: Deployment = "", *, timeout: Timeout = None, options: Options = DEFAULTS) -> int:
    """Follow a deployment to its end; the exit code says how it ended.

    Example: fairlead deploy watch --timeout 600
    """
    from cli.deploying.meant import found
    from cli.deploying.watch import watch

    async def followed(client: Client, output: Output) -> Exit:
        return await watch(client, output, await found(client, deployment, "watch"), timeout)

    return run(options, followed)


@app.command
def explain(deployment: Deployment = "", *, options: Options = DEFAULTS) -> int:
    """Say what a deployment waits for, and which command helps.

    Example: fairlead deploy explain
    """
    from cli.deploying.steering import explain

    return run(options, lambda client, output: explain(client, output, deployment))


def _fresh_key() -> str:
    return str(uuid.UUID(int=system_random().getrandbits(128)))
