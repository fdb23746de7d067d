"""`fairlead deploy …`: what a person decides about a deployment under way."""

from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from cli.commands.running import run
from cli.commands.wanted import Deployment
from cli.options import DEFAULTS, Options

Target = Annotated[str, Parameter(name=["--target", "-t"], help="The target that is meant, where several could be.")]
Reason = Annotated[str, Parameter(help="Why; kept in the history.")]


def _from_one(_: object, number: int | None) -> None:
    if number is not None and number < 1:
        raise ValueError("Steps and gates are counted from 1.")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is decided about, where several things could be meant."""

    target: Target = ""
    stage: Annotated[str, Parameter(help="before, after or strategy, where several could be meant.")] = ""
    step: Annotated[
        int | None, Parameter(validator=_from_one, help="The step's number from 1, where several could be meant.")
    ] = None
    gate: Annotated[
        int | None, Parameter(validator=_from_one, help="The gate's number from 1, in a step that holds several.")
    ] = None

    @property
    def said(self) -> dict[str, Any]:
        """As the server takes it, which counts from 0: people count from 1 everywhere."""
        return {"target": self.target, "stage": self.stage, "step": _index(self.step), "gate": _index(self.gate)}


def _index(number: int | None) -> int | None:
    return None if number is None else number - 1


ONLY = Choice()


def approve(deployment: Deployment = "", *, choice: Choice = ONLY, options: Options = DEFAULTS) -> int:
    """Let go on what waits for a person.

    Example: fairlead deploy approve --target prod
    """
    return _decide("approve", deployment, options, **choice.said)


def reject(
    deployment: Deployment = "", *, choice: Choice = ONLY, reason: Reason = "", options: Options = DEFAULTS
) -> int:
    """Refuse what waits for a person: a rollout under way goes back.

    Example: fairlead deploy reject --target prod --reason "latency doubled"
    """
    return _decide("reject", deployment, options, reason=reason, **choice.said)


def pause(deployment: Deployment = "", *, target: Target = "", reason: Reason = "", options: Options = DEFAULTS) -> int:
    """Hold a target where it is: what is being done is done, the next step waits.

    Example: fairlead deploy pause --target prod --reason "looking at the logs"
    """
    return _decide("pause", deployment, options, target=target, reason=reason)


def resume(deployment: Deployment = "", *, target: Target = "", options: Options = DEFAULTS) -> int:
    """Let a target that is held go on.

    Example: fairlead deploy resume --target prod
    """
    return _decide("resume", deployment, options, target=target)


def advance(deployment: Deployment = "", *, choice: Choice = ONLY, options: Options = DEFAULTS) -> int:
    """Go on without what is waited for: a pause, a webhook, an analysis.

    Example: fairlead deploy advance --target prod
    """
    return _decide("advance", deployment, options, **choice.said)


def abort(deployment: Deployment = "", *, reason: Reason = "", options: Options = DEFAULTS) -> int:
    """End a deployment and return all its targets.

    Example: fairlead deploy abort --reason "wrong version"
    """
    return _decide("abort", deployment, options, reason=reason)


def rollback(
    deployment: Deployment = "", *, target: Target = "", reason: Reason = "", options: Options = DEFAULTS
) -> int:
    """Return one target to its previous version.

    Example: fairlead deploy rollback --target prod
    """
    return _decide("rollback", deployment, options, target=target, reason=reason)


def abandon(
    deployment: Deployment = "",
    *,
    target: Target = "",
    reason: Annotated[
        str, Parameter(help="Why; kept in the history, and asked for, because nobody looks after it then.")
    ],
    options: Options = DEFAULTS,
) -> int:
    """Give up a target that cannot be returned or finished: its cluster stays as it is.

    Example: fairlead deploy abandon --target prod --reason "the cluster is gone"
    """
    return _decide("abandon", deployment, options, target=target, reason=reason)


def _decide(verb: str, deployment: str, options: Options, **said: Any) -> int:
    from cli.deploying.steering import decide
    from libs.api.request import Decision

    return run(options, lambda client, output: decide(client, output, deployment, (verb, Decision(**said))))


DECISIONS = (approve, reject, pause, resume, advance, abort, rollback, abandon)
