"""Which of the things in a deployment a decision is about: the one that is named, or the only one that fits. Pure."""

from collections.abc import Callable, Iterator, Sequence

from libs.api.request import Decision
from libs.api.view import GATES, Awaited, DeploymentView, StepView, TargetView


class Unclear(Exception):
    """The decision does not say, or cannot mean, one thing."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def awaited(
    view: DeploymentView, decision: Decision, candidates: Sequence[Awaited], waits: str = "waits for a decision"
) -> Awaited:
    fitting = [one for one in candidates if _fits(one, decision)]
    if not fitting:
        meant = f"on {decision.target} " if decision.target else ""
        if not candidates:
            raise Unclear("nothing_awaits", f"nothing {meant}{waits}; {standing(view)}")
        raise Unclear("nothing_awaits", f"nothing {meant}like that {waits}; these do: {_spelled(candidates)}")
    if len(fitting) > 1:
        raise Unclear("ambiguous", f"{len(fitting)} things could be meant; name one: {_spelled(fitting)}")
    return fitting[0]


def _fits(one: Awaited, decision: Decision) -> bool:
    named = decision.target in ("", one.target) and decision.stage in ("", one.stage)
    return named and decision.step in (None, one.step) and decision.gate in (None, one.gate)


def waiting(view: DeploymentView) -> Iterator[Awaited]:
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
    several = {(one.target, one.stage, one.step) for one in awaiting if one.gate}
    return "; ".join(_place(one, (one.target, one.stage, one.step) in several) for one in awaiting)


def _place(one: Awaited, has_gates: bool) -> str:
    """For people, who count from 1."""
    gate = f", gate {one.gate + 1}" if has_gates else ""
    return f"target {one.target}, stage {one.stage}, step {one.step + 1}{gate}"


def target_of(view: DeploymentView, decision: Decision, fits: Callable[[TargetView], bool], what: str) -> TargetView:
    if decision.target:
        return _named(view, decision.target)
    fitting = [target for target in view.targets if fits(target)]
    if not fitting:
        raise Unclear("nothing_fits", f"no target {what}; {standing(view)}")
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


def walking(view: DeploymentView, decision: Decision, what: str, *, held: bool) -> TargetView:
    """A target whose strategy is being walked. Another one is refused here: an order must name which hold it means."""

    def fits(target: TargetView) -> bool:
        return target.phase == "deploying" and target.rollout is not None and bool(target.rollout.held_by) is held

    target = target_of(view, decision, fits, what)
    if target.rollout is None:
        raise Unclear("nothing_fits", f"{target.name} is {_words(target.phase)}: its rollout has not begun")
    return target


def standing(view: DeploymentView) -> str:
    return f"the deployment {stated(view.phase)}"


def stated(phase: str) -> str:
    verb = {"succeeded": "has", "failed": "has", "cancelled": "was", "rolled_back": "was"}.get(phase, "is")
    return f"{verb} {_words(phase)}"


def _words(phase: str) -> str:
    return phase.replace("_", " ")
