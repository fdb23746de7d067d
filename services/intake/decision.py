"""Which order a person's decision becomes, and what came of it. Pure."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from libs.api.request import Decision
from libs.api.view import ENDED, GATES, Awaited, DeploymentView, StepView, TargetView
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

_BEGUN = frozenset({"deploying", "after", "landed"})
_STUCK = frozenset({"returning", "landed"})


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
    one = _one(view, decision, view.awaiting)
    if one.stage == "strategy":
        order: Message = ApproveStep(target=one.target, step=one.step, gate=one.gate, by=by)
    else:
        order = ApproveGate(target=one.target, stage=one.stage, step=one.step, by=by)
    return Chosen(order, one.roles, asks_approver=True)


def reject(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    one, reason = _one(view, decision, view.awaiting), decision.reason
    if one.stage == "strategy":
        order: Message = RejectStep(target=one.target, step=one.step, gate=one.gate, by=by, reason=reason)
    else:
        order = RejectGate(target=one.target, stage=one.stage, step=one.step, by=by, reason=reason)
    return Chosen(order, one.roles, asks_approver=True)


def advance(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    """Go on without what is waited for. What asks certain people is for them to skip."""
    one = _one(view, decision, tuple(_waiting(view)), "waits")
    if one.stage == "strategy":
        order: Message = AdvanceStep(target=one.target, step=one.step, gate=one.gate, by=by)
    else:
        order = AdvanceGate(target=one.target, stage=one.stage, step=one.step, by=by)
    return Chosen(order, one.roles, asks_approver=one in view.awaiting)


def pause(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = _walking(view, decision, "can be held", held=False)
    return Chosen(PauseRollout(target=target.name, hold=_holds(target) + 1, by=by, reason=decision.reason))


def resume(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = _walking(view, decision, "is held", held=True)
    return Chosen(ResumeRollout(target=target.name, hold=_holds(target), by=by))


def abort(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    return Chosen(AbortDeployment(by=by, reason=decision.reason))


def roll_back(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = _target(view, decision, _is_returnable, "can be rolled back")
    if view.phase in ENDED or not _is_returnable(target):
        states = f"{target.name} {_state(target.phase)} and {_standing(view)}"
        only = "only a target that was begun and is not finished can be rolled back"
        raise Unclear("nothing_to_return", f"{states}; {only}")
    return Chosen(RollBack(target=target.name, by=by, reason=decision.reason))


def abandon(view: DeploymentView, decision: Decision, by: str) -> Chosen:
    target = _target(view, decision, _is_stuck, "is returning or finishing")
    return Chosen(AbandonRollout(target=target.name, by=by, reason=decision.reason or "no reason given"))


def refusal(answer: Message) -> str:
    """Why the order was refused; empty where it was followed."""
    match answer:
        case DeploymentRefused(reason=reason) | RolloutRefused(reason=reason) | DeadLettered(reason=reason):
            return reason
        case _:
            return ""


def _one(
    view: DeploymentView, decision: Decision, candidates: Sequence[Awaited], waits: str = "waits for a decision"
) -> Awaited:
    fitting = [one for one in candidates if _fits(one, decision)]
    if not fitting:
        meant = f"on {decision.target} " if decision.target else ""
        if not candidates:
            raise Unclear("nothing_awaits", f"nothing {meant}{waits}; {_standing(view)}")
        raise Unclear("nothing_awaits", f"nothing {meant}like that {waits}; these do: {_spelled(candidates)}")
    if len(fitting) > 1:
        raise Unclear("ambiguous", f"{len(fitting)} things could be meant; name one: {_spelled(fitting)}")
    return fitting[0]


def _fits(one: Awaited, decision: Decision) -> bool:
    named = decision.target in ("", one.target) and decision.stage in ("", one.stage)
    return named and decision.step in (None, one.step) and decision.gate in (None, one.gate)


def _waiting(view: DeploymentView) -> Iterator[Awaited]:
    """Every gate that is waited for, whether for a person or not."""
    questions = {(one.target, one.stage, one.step, one.gate): one for one in view.awaiting}
    for target in view.targets:
        for stage, steps in (("before", target.before), ("strategy", target.steps), ("after", target.after)):
            for step, gate in _current(steps):
                found = Awaited(target=target.name, stage=stage, step=step, gate=gate, kind="wait")
                yield questions.get((target.name, stage, step, gate), found)


def _current(steps: Sequence[StepView]) -> Iterator[tuple[int, int]]:
    for index, step in enumerate(steps):
        for gate, one in enumerate(step.gates or (step,)):
            if one.state == "current" and one.kind in GATES:
                yield index, gate


def _spelled(awaiting: Sequence[Awaited]) -> str:
    return "; ".join(_place(one) for one in awaiting)


def _place(one: Awaited) -> str:
    gate = f", gate {one.gate}" if one.gate else ""
    return f"target {one.target}, stage {one.stage}, step {one.step}{gate}"


def _target(view: DeploymentView, decision: Decision, fits: Callable[[TargetView], bool], what: str) -> TargetView:
    if decision.target:
        return _named(view, decision.target)
    fitting = [target for target in view.targets if fits(target)]
    if not fitting:
        raise Unclear("nothing_fits", f"no target {what}; {_standing(view)}")
    if len(fitting) > 1:
        names = ", ".join(target.name for target in fitting)
        raise Unclear("ambiguous", f"{len(fitting)} targets could be meant; name one: {names}")
    return fitting[0]


def _named(view: DeploymentView, name: str) -> TargetView:
    for target in view.targets:
        if target.name == name:
            return target
    has = ", ".join(target.name for target in view.targets) or "none yet"
    raise Unclear("unknown_target", f"the deployment has no target {name!r}; it has {has}")


def _walking(view: DeploymentView, decision: Decision, what: str, *, held: bool) -> TargetView:
    """A target whose strategy is being walked. Another one is refused here: an order must name which hold it means."""

    def fits(target: TargetView) -> bool:
        return target.phase == "deploying" and target.rollout is not None and bool(target.rollout.held_by) is held

    target = _target(view, decision, fits, what)
    if target.rollout is None:
        raise Unclear("nothing_fits", f"{target.name} is {_words(target.phase)}: its rollout has not begun")
    return target


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


def _standing(view: DeploymentView) -> str:
    return f"the deployment {_state(view.phase)}"


def _state(phase: str) -> str:
    verb = {"succeeded": "has", "failed": "has", "cancelled": "was", "rolled_back": "was"}.get(phase, "is")
    return f"{verb} {_words(phase)}"


def _words(phase: str) -> str:
    return phase.replace("_", " ")
