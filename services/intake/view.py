"""A deployment as people look at it, out of what is committed about it and what was last seen. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from libs.api.view import Awaited, DeploymentView, LiveView, RolloutView, StepView, TargetView
from libs.deployment.state import Deployment, Target, TargetPhase, is_terminal, open_pauses
from libs.deployment.targets import timer_name
from libs.durable.record import Loaded, Timer
from libs.messages.live import LiveTarget
from libs.plan.model import Analysis, ApplyManifests, AwaitGates, DeployGreen, Gate, Pause, RunWebhook, SetWeight, Step
from libs.rollout import state as rollouts
from libs.rollout.state import Phase as RolloutPhase
from libs.rollout.state import Rollout, has_stable

ACCEPTED = "accepted"
"""Before the planner has heard of it."""

_NOT_YET_AFTER = {TargetPhase.WAITING, TargetPhase.BEFORE, TargetPhase.DEPLOYING}
_STEP_TIMERS = ("pause", "approval", "ready")
_AT_FULL = {RolloutPhase.LANDED, RolloutPhase.FINISHING, RolloutPhase.SUCCEEDED}


class Seen(Struct, frozen=True):
    """Everything a view is made of."""

    id: str
    application: str
    by: str
    started_at: datetime
    revision: int
    deployment: Loaded[Deployment] = Loaded(Deployment())
    rollouts: Mapping[str, Loaded[Rollout]] = {}
    """By the target's name; without those that have not begun."""
    live: Mapping[str, LiveTarget] = {}


def build(seen: Seen) -> DeploymentView:
    deployment = seen.deployment.state
    return DeploymentView(
        id=seen.id,
        application=seen.application,
        phase=phase_of(deployment),
        revision=seen.revision,
        by=seen.by,
        started_at=seen.started_at,
        ended_at=seen.deployment.at if is_terminal(deployment) else None,
        reason=deployment.reason,
        targets=tuple(_target(target, seen) for target in deployment.targets),
        awaiting=awaiting(deployment, {name: rollout.state for name, rollout in seen.rollouts.items()}),
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
    plan, timers = target.plan, seen.deployment.timers
    walked, live = seen.rollouts.get(plan.name), seen.live.get(plan.name)
    rollout = walked.state if walked else None
    return TargetView(
        name=plan.name,
        agent=plan.agent,
        namespace=plan.namespace,
        phase=str(target.phase),
        reason=target.reason or (rollout.reason if rollout else ""),
        depends_on=plan.depends_on,
        before=_pauses(plan.before, lambda step: _before(target, step), target, timers),
        steps=_steps(plan.steps, walked),
        after=_pauses(plan.after, lambda step: _after(target, step), target, timers),
        rollout=_rollout(rollout) if rollout else None,
        live=LiveView(at=live.at, workloads=live.workloads, agent_away_since=live.agent_away_since) if live else None,
    )


def _pauses(
    gates: tuple[Gate, ...], state: Callable[[int], str], target: Target, timers: Mapping[str, Timer]
) -> tuple[StepView, ...]:
    return tuple(
        _step(gate, state(step), _deadline(timers, timer_name(target, step))) for step, gate in enumerate(gates)
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


def _steps(steps: tuple[Step, ...], walked: Loaded[Rollout] | None) -> tuple[StepView, ...]:
    if walked is None or walked.state.phase in (RolloutPhase.ABSENT, RolloutPhase.SURVEYING):
        return tuple(_step(step, "pending") for step in steps)
    return tuple(_walked(step, index, walked) for index, step in enumerate(steps))


def _walked(step: Step, index: int, walked: Loaded[Rollout]) -> StepView:
    state = _state(index, walked.state)
    if state != "current":
        return _step(step, state)
    until = next((at for name in _STEP_TIMERS if (at := _deadline(walked.timers, name))), None)
    return _step(step, state, until, walked.state.hindrance)


def _state(index: int, rollout: Rollout) -> str:
    if 0 < index < len(rollout.steps) - 1 and not has_stable(rollout):
        return "skipped"
    if rollout.phase in _AT_FULL or index < rollout.step:
        return "done"
    if rollout.phase is RolloutPhase.PROGRESSING:
        return "current" if index == rollout.step else "pending"
    return "skipped"


def _step(step: Step, state: str, until: datetime | None = None, hindrance: str = "") -> StepView:
    match step:
        case ApplyManifests():
            return _asked(StepView(kind="applyManifests", state=state), until, hindrance or "the cluster")
        case SetWeight(weight=weight):
            shown = StepView(kind="setWeight", state=state, weight=weight)
            return _asked(shown, until, hindrance or "pods to be ready")
        case Pause():
            return _pause(step, state, until)
        case RunWebhook(name=name):
            return _asked(StepView(kind="runWebhook", state=state), until, f"webhook {name}")
        case Analysis():
            return _asked(StepView(kind="analysis", state=state), until, "its judgment")
        case AwaitGates(name=name):
            return _asked(StepView(kind=name, state=state), until, "its gates")
        case DeployGreen():
            return _asked(StepView(kind="deployGreen", state=state), until, hindrance or "pods to be ready")
        case _:
            return _asked(
                StepView(kind=str(type(step).__struct_config__.tag), state=state), until, hindrance or "the cluster"
            )


def _pause(pause: Pause, state: str, until: datetime | None) -> StepView:
    if pause.approval is None:
        return _asked(StepView(kind="pause", state=state, seconds=pause.seconds), until, f"{pause.seconds} s to pass")
    approval = pause.approval
    shown = StepView(kind="approval", state=state, seconds=approval.expires_seconds, roles=approval.roles)
    return _asked(shown, until, f"approval by {' or '.join(approval.roles)}" if approval.roles else "approval")


def _asked(step: StepView, until: datetime | None, words: str) -> StepView:
    """What the current step waits for, and until when."""
    return replace(step, waits_for=words, until=until) if step.state == "current" else step


def _deadline(timers: Mapping[str, Timer], name: str) -> datetime | None:
    return timers[name].deadline if name in timers else None
