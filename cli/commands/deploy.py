"""`fairlead deploy …`: start, look at, follow and steer deployments."""

import uuid
from dataclasses import asdict, dataclass
from math import isnan
from typing import Annotated, Any

from cyclopts import App, Parameter

from cli.commands.running import run
from cli.commands.wanted import Wanted
from cli.exits import Exit
from cli.options import DEFAULTS, Options
from cli.output import Output
from cli.server.client import Client
from libs.runtime.clock import system_random

app = App(name="deploy", help="Start, look at, follow and steer deployments.")

Watch = Annotated[bool, Parameter(name=["--watch", "-w"], negative="", help="Follow to the end.")]


def _check_seconds(_: object, seconds: float | None) -> None:
    if seconds is not None and (isnan(seconds) or seconds < 0):
        raise ValueError("Give a number of seconds from 0 on.")


Timeout = Annotated[
    float | None,
    Parameter(validator=_check_seconds, help="Seconds to follow; the deployment goes on after them."),
]
Deployment = Annotated[
    str,
    Parameter(
        name=["--deployment", "-i", "--deploymentId"],
        help="The deployment's id; left out: the only one under way, or the newest.",
    ),
]
Target = Annotated[str, Parameter(name=["--target", "-t"], help="The target that is meant, where several could be.")]
Reason = Annotated[str, Parameter(help="Why; kept in the history.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is decided about, where several things could be meant."""

    target: Target = ""
    stage: Annotated[str, Parameter(help="before, after or strategy, where several could be meant.")] = ""
    step: Annotated[int | None, Parameter(help="The step's number from 0, where several could be meant.")] = None
    gate: Annotated[int | None, Parameter(help="The gate's number from 0, in a step that holds several.")] = None


ONLY = Choice()
NOTHING = Wanted()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Listing:
    """Which deployments, and how many at once."""

    application: Annotated[str, Parameter(name=["--application", "-n"], help="Only of this application.")] = ""
    phase: Annotated[str, Parameter(help="Only in this phase; active: every one that has not ended.")] = ""
    by: Annotated[str, Parameter(help="Only what this person or machine started.")] = ""
    since: Annotated[str, Parameter(help="Only what was started since, like 2026-05-01T12:00:00Z.")] = ""
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

    key = wanted.idempotency_key or _fresh_key()
    return run(options, lambda client, output: start(client, output, wanted, key, (watch, timeout)))


@app.command
def redeploy(
    deployment: Deployment = "",
    *,
    target: Annotated[tuple[str, ...], Parameter(name=["--target", "-t"], negative="", help="Only this target.")] = (),
    watch: Watch = False,
    timeout: Timeout = None,
    options: Options = DEFAULTS,
) -> int:
    """Deploy the file and manifests of an earlier deployment once more.

    Example: fairlead deploy redeploy --watch
    """
    return _again("redeploy", deployment, options, target, (watch, timeout))


@app.command
def undo(
    deployment: Deployment = "", *, watch: Watch = False, timeout: Timeout = None, options: Options = DEFAULTS
) -> int:
    """Deploy once more the success that was before a deployment.

    Example: fairlead deploy undo --watch
    """
    return _again("undo", deployment, options, (), (watch, timeout))


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
    from cli.deploying.steering import found
    from cli.deploying.watch import watch

    async def followed(client: Client, output: Output) -> Exit:
        return await watch(client, output, await found(client, deployment), timeout)

    return run(options, followed)


@app.command
def approve(deployment: Deployment = "", *, choice: Choice = ONLY, options: Options = DEFAULTS) -> int:
    """Let go on what waits for a person.

    Example: fairlead deploy approve --target prod
    """
    return _decide("approve", deployment, options, **asdict(choice))


@app.command
def reject(
    deployment: Deployment = "", *, choice: Choice = ONLY, reason: Reason = "", options: Options = DEFAULTS
) -> int:
    """Refuse what waits for a person: a rollout under way goes back.

    Example: fairlead deploy reject --target prod --reason "latency doubled"
    """
    return _decide("reject", deployment, options, reason=reason, **asdict(choice))


@app.command
def pause(deployment: Deployment = "", *, target: Target = "", reason: Reason = "", options: Options = DEFAULTS) -> int:
    """Hold a target where it is: what is being done is done, the next step waits.

    Example: fairlead deploy pause --target prod --reason "looking at the logs"
    """
    return _decide("pause", deployment, options, target=target, reason=reason)


@app.command
def resume(deployment: Deployment = "", *, target: Target = "", options: Options = DEFAULTS) -> int:
    """Let a target that is held go on.

    Example: fairlead deploy resume --target prod
    """
    return _decide("resume", deployment, options, target=target)


@app.command
def advance(deployment: Deployment = "", *, choice: Choice = ONLY, options: Options = DEFAULTS) -> int:
    """Go on without what is waited for: a pause, a webhook, an analysis.

    Example: fairlead deploy advance --target prod
    """
    return _decide("advance", deployment, options, **asdict(choice))


@app.command
def explain(deployment: Deployment = "", *, options: Options = DEFAULTS) -> int:
    """Say what a deployment waits for, and which command helps.

    Example: fairlead deploy explain
    """
    from cli.deploying.steering import explain

    return run(options, lambda client, output: explain(client, output, deployment))


@app.command
def abort(deployment: Deployment = "", *, reason: Reason = "", options: Options = DEFAULTS) -> int:
    """End a deployment and return all its targets.

    Example: fairlead deploy abort --reason "wrong version"
    """
    return _decide("abort", deployment, options, reason=reason)


@app.command
def rollback(
    deployment: Deployment = "", *, target: Target = "", reason: Reason = "", options: Options = DEFAULTS
) -> int:
    """Return one target to its previous version.

    Example: fairlead deploy rollback --target prod
    """
    return _decide("rollback", deployment, options, target=target, reason=reason)


def _decide(verb: str, deployment: str, options: Options, **said: Any) -> int:
    from cli.deploying.steering import decide
    from libs.api.request import Decision

    return run(options, lambda client, output: decide(client, output, deployment, (verb, Decision(**said))))


def _fresh_key() -> str:
    return str(uuid.UUID(int=system_random().getrandbits(128)))
