"""A deployment as people look at it, out of what is committed about it and what was last seen. Pure."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from libs.api.view import Awaited, DeploymentView, LiveView, RolloutView, StepView, TargetView
from libs.deployment.state import Deployment, Target, TargetPhase, is_terminal, passage
from libs.durable.record import Loaded, Timer
from libs.gates.state import Passage, open_gates, outcome_at, outcome_of, place_of, question, timer_name
from libs.messages.live import LiveTarget
from libs.messages.run import Place
from libs.plan.model import Approval, Gate
from libs.rollout import state as rollouts
from libs.rollout.state import Rollout
from libs.rollout.traffic import weight
from services.intake.showing.steps import deadline, gate_view, steps

ACCEPTED = "accepted"
"""Before the planner has heard of it."""

_NOT_YET_AFTER = {TargetPhase.BEFORE, TargetPhase.DEPLOYING}


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
    application = deployment.application
    return tuple(
        one for target in deployment.targets for one in _awaited(target, application, walked.get(target.plan.name))
    )


def _awaited(target: Target, application: str, rollout: Rollout | None) -> list[Awaited]:
    found = (passage(target, application), rollouts.passage(rollout) if rollout else None)
    return [
        _question(gates, index, approval)
        for gates in found
        if gates
        for index, _ in open_gates(gates)
        if (approval := question(gates, index)) is not None
    ]


def _question(gates: Passage, index: int, approval: Approval) -> Awaited:
    place, judged = place_of(gates, index), outcome_of(gates, index)
    return Awaited(
        target=gates.subject.target,
        stage=place.stage,
        step=place.step,
        gate=place.gate,
        roles=approval.roles,
        kind="judgment" if judged else "approval",
        message=judged.message if judged else "",
    )


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
        before=_constraints(plan.before, "before", target, timers),
        steps=steps(plan.steps, walked),
        after=_constraints(plan.after, "after", target, timers),
        rollout=_rollout(rollout) if rollout else None,
        live=LiveView(at=live.at, workloads=live.workloads, agent_away_since=live.agent_away_since) if live else None,
    )


def _constraints(
    gates: tuple[Gate, ...], stage: str, target: Target, timers: Mapping[str, Timer]
) -> tuple[StepView, ...]:
    now = _stage_state(target.phase, stage)
    outcomes = target.outcomes.get(stage, ())
    return tuple(
        gate_view(gate, now, outcome_at(outcomes, index), deadline(timers, name))
        for index, gate in enumerate(gates)
        for name in (timer_name(target.plan.name, Place(stage, index)),)
    )


def _stage_state(phase: TargetPhase, stage: str) -> str:
    """What a gate of the stage is of which nothing was heard yet."""
    if phase == stage:
        return "current"
    is_to_come = phase is TargetPhase.WAITING or (stage == "after" and phase in _NOT_YET_AFTER)
    return "pending" if is_to_come else "skipped"


def _rollout(rollout: Rollout) -> RolloutView:
    return RolloutView(
        phase=str(rollout.phase),
        weight=weight(rollout),
        hindrance=rollout.hindrance,
        reason=rollout.reason,
        first=bool(rollout.workloads) and not rollouts.has_stable(rollout),
        epoch=rollout.epoch,
        held_by=rollout.held_by,
        holds=rollout.holds,
    )
