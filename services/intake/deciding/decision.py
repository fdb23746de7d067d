"""Which order a person's decision becomes, and what came of it. Pure."""

from msgspec import Struct

from libs.api.request import Decision
from libs.api.view import ENDED, DeploymentView, TargetView
from libs.messages.deployment import AbortDeployment, AdvanceGate, ApproveGate, DeploymentRefused, RejectGate
from libs.messages.fault import DeadLettered
from libs.messages.message import Message
from libs.messages.rollout import (
    AbandonRollout,
    AdvanceStep,
    ApproveStep,
    PauseRollout,
    RejectStep,
    ResumeRollout,
    RollBack,
    RolloutRefused,
)
from services.intake.deciding.meant import Unclear, awaited, standing, stated, target_of, waiting, walking

_BEGUN = frozenset({"deploying", "after", "landed"})
_STUCK = frozenset({"returning", "landed"})


class Chosen(Struct, frozen=True):
    order: Message
    roles: tuple[str, ...] = ()
    """Any one of which an approver must have; empty: none in particular."""
    asks_approver: bool = False
    """Whether it is for approvers to give this order, rather than for whoever may steer deployments."""


def approve(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    one = awaited(view, decision, view.awaiting)
    if one.stage == "strategy":
        order: Message = ApproveStep(target=one.target, step=one.step, gate=one.gate, by=by)
    else:
        order = ApproveGate(target=one.target, stage=one.stage, step=one.step, by=by)
    return Chosen(order, one.roles, asks_approver=True)


def reject(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    one, reason = awaited(view, decision, view.awaiting), decision.reason
    if one.stage == "strategy":
        order: Message = RejectStep(target=one.target, step=one.step, gate=one.gate, by=by, reason=reason)
    else:
        order = RejectGate(target=one.target, stage=one.stage, step=one.step, by=by, reason=reason)
    return Chosen(order, one.roles, asks_approver=True)


def advance(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    """Go on without what is waited for. What asks certain people is for them to skip."""
    one = awaited(view, decision, tuple(waiting(view)), "waits")
    if one.stage == "strategy":
        order: Message = AdvanceStep(target=one.target, step=one.step, gate=one.gate, by=by)
    else:
        order = AdvanceGate(target=one.target, stage=one.stage, step=one.step, by=by)
    return Chosen(order, one.roles, asks_approver=one in view.awaiting)


def pause(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = walking(view, decision, "can be held", held=False)
    return Chosen(PauseRollout(target=target.name, hold=_holds(target) + 1, by=by, reason=decision.reason))


def resume(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = walking(view, decision, "is held", held=True)
    return Chosen(ResumeRollout(target=target.name, hold=_holds(target), by=by))


def abort(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    return Chosen(AbortDeployment(by=by, reason=decision.reason))


def roll_back(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = target_of(view, decision, _is_returnable, "can be rolled back")
    if view.phase in ENDED or not _is_returnable(target):
        states = f"{target.name} {stated(target.phase)} and {standing(view)}"
        only = "only a target that was begun and is not finished can be rolled back"
        raise Unclear("nothing_to_return", f"{states}; {only}")
    return Chosen(RollBack(target=target.name, by=by, reason=decision.reason))


def abandon(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = target_of(view, decision, _is_stuck, "is returning or finishing")
    return Chosen(AbandonRollout(target=target.name, by=by, reason=decision.reason or "no reason given"))


def refusal(answer: Message) -> str:
    """Why the order was refused; empty where it was followed."""
    match answer:
        case DeploymentRefused(reason=reason) | RolloutRefused(reason=reason) | DeadLettered(reason=reason):
            return reason
        case _:
            return ""


def _holds(target: TargetView) -> int:
    return target.rollout.holds if target.rollout else 0


def _is_returnable(target: TargetView) -> bool:
    """Whether it has something to go back from: a rollout told to return before its start would keep a record of a
    return that never was. One whose gates after it failed is there still."""
    has_landed = target.rollout is not None and target.rollout.phase == "landed"
    return target.phase in _BEGUN or has_landed


def _is_stuck(target: TargetView) -> bool:
    """Whether it may wait for a cluster that does not come back."""
    return target.phase in _STUCK
