"""A deployment as people look at it, out of what is committed about it and what was last seen. Pure."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from libs.api.view import Awaited, DeploymentView, LiveView, RolloutView, StepView, TargetView
from libs.deployment.state import Deployment, Target, TargetPhase, open_pauses
from libs.messages.live import LiveTarget
from libs.plan.model import ApplyManifests, Pause, SetWeight, Step
from libs.rollout import state as rollouts
from libs.rollout.state import Phase as RolloutPhase
from libs.rollout.state import Rollout, has_stable

ACCEPTED = "accepted"
"""Before the planner has heard of it."""

_NOT_YET_AFTER = {TargetPhase.WAITING, TargetPhase.BEFORE, TargetPhase.DEPLOYING}
_AT_FULL = {RolloutPhase.LANDED, RolloutPhase.FINISHING, RolloutPhase.SUCCEEDED}


class Seen(Struct, frozen=True):
    """Everything a view is made of."""

    id: str
    application: str
    by: str
    started_at: datetime
    revision: int
    deployment: Deployment = Deployment()
    ended_at: datetime | None = None
    rollouts: Mapping[str, Rollout] = {}
    """By the target's name; without those that have not begun."""
    live: Mapping[str, LiveTarget] = {}


def build(seen: Seen) -> DeploymentView:
    deployment = seen.deployment
    return DeploymentView(
        id=seen.id,
        application=seen.application,
        phase=phase_of(deployment),
        revision=seen.revision,
        by=seen.by,
        started_at=seen.started_at,
        ended_at=seen.ended_at,
        reason=deployment.reason,
        targets=tuple(_target(target, seen) for target in deployment.targets),
        awaiting=awaiting(deployment, seen.rollouts),
    )


def phase_of(deployment: Deployment) -> str:
    return ACCEPTED if deployment.phase == "absent" else str(deployment.phase)


def awaiting(deployment: Deployment, walked: Mapping[str, Rollout]) -> tuple[Awaited, ...]:
    """Every decision of a person that something waits for, in the file's order."""
    return tuple(one for target in deployment.targets for one in _awaited(target, walked.get(target.plan.name)))


def _awaited(target: Target, rollout: Rollout | None) -> list[Awaited]:
    name = target.plan.name
    found = [
        Awaited(target=name, stage=str(target.phase), step=step, roles=pause.approval.roles)
        for step, pause in open_pauses(target)
        if pause.approval is not None
    ]
    step = rollouts.current(rollout) if rollout else None
    if rollout is not None and isinstance(step, Pause) and step.approval is not None:
        found.append(Awaited(target=name, stage="strategy", step=rollout.step, roles=step.approval.roles))
    return found


def _target(target: Target, seen: Seen) -> TargetView:
    plan = target.plan
    rollout, live = seen.rollouts.get(plan.name), seen.live.get(plan.name)
    return TargetView(
        name=plan.name,
        agent=plan.agent,
        namespace=plan.namespace,
        phase=str(target.phase),
        reason=target.reason or (rollout.reason if rollout else ""),
        depends_on=plan.depends_on,
        before=tuple(_pause(pause, _before(target, step)) for step, pause in enumerate(plan.before)),
        steps=_steps(plan.steps, rollout),
        after=tuple(_pause(pause, _after(target, step)) for step, pause in enumerate(plan.after)),
        rollout=_rollout(rollout) if rollout else None,
        live=LiveView(at=live.at, workloads=live.workloads, agent_away_since=live.agent_away_since) if live else None,
    )


def _rollout(rollout: Rollout) -> RolloutView:
    return RolloutView(
        phase=str(rollout.phase),
        weight=rollouts.weight(rollout),
        hindrance=rollout.hindrance,
        reason=rollout.reason,
        epoch=rollout.epoch,
    )


def _before(target: Target, step: int) -> str:
    if target.phase is TargetPhase.BEFORE:
        return "done" if step in target.passed else "current"
    if target.phase is TargetPhase.WAITING:
        return "pending"
    return "skipped" if target.phase is TargetPhase.CANCELLED and not target.landed else "done"


def _after(target: Target, step: int) -> str:
    if target.phase is TargetPhase.AFTER:
        return "done" if step in target.passed else "current"
    if target.phase in _NOT_YET_AFTER:
        return "pending"
    return "done" if target.phase in (TargetPhase.LANDED, TargetPhase.SUCCEEDED) else "skipped"


def _steps(steps: tuple[Step, ...], rollout: Rollout | None) -> tuple[StepView, ...]:
    if rollout is None or rollout.phase in (RolloutPhase.ABSENT, RolloutPhase.SURVEYING):
        return tuple(_step(step, "pending") for step in steps)
    return tuple(_walked(step, index, rollout) for index, step in enumerate(steps))


def _walked(step: Step, index: int, rollout: Rollout) -> StepView:
    state = _state(index, rollout)
    if state == "current" and rollout.hindrance:
        return _step(step, state, rollout.hindrance)
    return _step(step, state)


def _state(index: int, rollout: Rollout) -> str:
    if 0 < index < len(rollout.steps) - 1 and not has_stable(rollout):
        return "skipped"
    if rollout.phase in _AT_FULL or index < rollout.step:
        return "done"
    if rollout.phase is RolloutPhase.PROGRESSING:
        return "current" if index == rollout.step else "pending"
    return "skipped"


def _step(step: Step, state: str, hindrance: str = "") -> StepView:
    current = state == "current"
    match step:
        case ApplyManifests():
            return StepView(kind="applyManifests", state=state, waits_for=_when(current, hindrance or "the cluster"))
        case SetWeight(weight=weight):
            waits = _when(current, hindrance or "pods to be ready")
            return StepView(kind="setWeight", state=state, weight=weight, waits_for=waits)
        case Pause():
            return _pause(step, state)


def _pause(pause: Pause, state: str) -> StepView:
    current = state == "current"
    if pause.approval is None:
        waits = _when(current, f"{pause.seconds} s to pass")
        return StepView(kind="pause", state=state, seconds=pause.seconds, waits_for=waits)
    roles = pause.approval.roles
    waits = _when(current, f"approval by {' or '.join(roles)}" if roles else "approval")
    return StepView(kind="approval", state=state, seconds=pause.approval.expires_seconds, roles=roles, waits_for=waits)


def _when(current: bool, words: str) -> str:
    return words if current else ""
