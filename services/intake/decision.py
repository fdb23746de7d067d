"""Which order a person's decision becomes, and what came of it. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from libs.api.request import Decision
from libs.api.view import ENDED, Awaited, DeploymentView
from libs.messages.deployment import AbortDeployment, ApprovePause, DeploymentRefused, RejectPause
from libs.messages.fault import DeadLettered
from libs.messages.message import Message
from libs.messages.rollout import AbandonRollout, ApproveStep, RejectStep, RollBack, RolloutRefused

RETURNABLE = frozenset({"deploying", "after", "landed"})
"""The phases in which a target has something to go back from."""

STUCK = frozenset({"returning", "landed"})
"""The phases in which a target may wait for a cluster that does not come back."""


class Unclear(Exception):
    """The decision does not say, or cannot mean, one thing."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Chosen(Struct, frozen=True):
    order: Message
    roles: tuple[str, ...] = ()
    """Any one of which an approver must have; empty: none in particular."""
    asks_approver: bool = False
    """Whether it is for approvers to give this order, rather than for whoever may steer deployments."""


def approve(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    one = _one(view, decision)
    if one.stage == "strategy":
        return Chosen(ApproveStep(target=one.target, step=one.step, by=by), one.roles, asks_approver=True)
    return Chosen(ApprovePause(target=one.target, stage=one.stage, step=one.step, by=by), one.roles, asks_approver=True)


def reject(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    one, reason = _one(view, decision), decision.reason
    if one.stage == "strategy":
        return Chosen(RejectStep(target=one.target, step=one.step, by=by, reason=reason), one.roles, asks_approver=True)
    return Chosen(
        RejectPause(target=one.target, stage=one.stage, step=one.step, by=by, reason=reason),
        one.roles,
        asks_approver=True,
    )


def abort(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    return Chosen(AbortDeployment(by=by, reason=decision.reason))


def roll_back(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = _target(view, decision, RETURNABLE, "can be rolled back")
    _require_begun(view, target)
    return Chosen(RollBack(target=target, by=by, reason=decision.reason))


def abandon(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = _target(view, decision, STUCK, "is returning or finishing")
    return Chosen(AbandonRollout(target=target, by=by, reason=decision.reason or "no reason given"))


def refusal(answer: Message) -> str:
    """Why the order was refused; empty where it was followed."""
    match answer:
        case DeploymentRefused(reason=reason) | RolloutRefused(reason=reason) | DeadLettered(reason=reason):
            return reason
        case _:
            return ""


def _one(view: DeploymentView, decision: Decision) -> Awaited:
    fitting = [one for one in view.awaiting if _fits(one, decision)]
    if not fitting:
        raise Unclear("nothing_awaits", _nothing(view, decision))
    if len(fitting) > 1:
        raise Unclear("ambiguous", f"{len(fitting)} things wait for a decision; name one: {_spelled(fitting)}")
    return fitting[0]


def _fits(one: Awaited, decision: Decision) -> bool:
    return (
        decision.target in ("", one.target) and decision.stage in ("", one.stage) and decision.step in (None, one.step)
    )


def _nothing(view: DeploymentView, decision: Decision) -> str:
    meant = f" on {decision.target}" if decision.target else ""
    if not view.awaiting:
        return f"nothing{meant} waits for a decision; the deployment is {view.phase}"
    return f"nothing{meant} like that waits for a decision; these do: {_spelled(view.awaiting)}"


def _spelled(awaiting: Sequence[Awaited]) -> str:
    return "; ".join(f"target {one.target}, stage {one.stage}, step {one.step}" for one in awaiting)


def _target(view: DeploymentView, decision: Decision, phases: frozenset[str], what: str) -> str:
    if decision.target:
        return _named(view, decision.target)
    fitting = [target.name for target in view.targets if target.phase in phases]
    if not fitting:
        raise Unclear("nothing_to_return", f"no target {what}; the deployment is {view.phase}")
    if len(fitting) > 1:
        raise Unclear("ambiguous", f"{len(fitting)} targets could be meant; name one: {', '.join(fitting)}")
    return fitting[0]


def _named(view: DeploymentView, name: str) -> str:
    known = [target.name for target in view.targets]
    if name not in known:
        has = ", ".join(known) or "none yet"
        raise Unclear("unknown_target", f"the deployment has no target {name!r}; it has {has}")
    return name


def _require_begun(view: DeploymentView, name: str) -> None:
    """A rollout told to return before its start would keep a record of a return that never was."""
    (phase,) = (target.phase for target in view.targets if target.name == name)
    if view.phase in ENDED or phase not in RETURNABLE:
        states = f"{name} is {_words(phase)} and the deployment is {_words(view.phase)}"
        raise Unclear(
            "nothing_to_return", f"{states}; only a target that was begun and is not finished can be rolled back"
        )


def _words(phase: str) -> str:
    return phase.replace("_", " ")
