"""A view out of committed states: what each step is, and what waits for whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.api.view import DeploymentView
from libs.deployment.state import Deployment, Phase, Target, TargetPhase
from libs.deployment.targets import timer_name
from libs.durable.record import Loaded, Timer
from libs.plan.model import ApplyManifests, SetWeight
from libs.rollout.state import Phase as RolloutPhase
from libs.rollout.state import Rollout
from services.intake.view import Seen, build
from tests.builders import a_deployment, a_rollout, a_target, a_timed_pause, a_workload, an_approval

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STEPS = (ApplyManifests(), SetWeight(weight=25), an_approval("sre"), SetWeight(weight=100))


def shown(
    deployment: Deployment, rollout: Rollout | None = None, timers: dict[str, Timer] | None = None, **changes: Any
) -> DeploymentView:
    walked = {rollout.target: Loaded(rollout, timers=timers or {})} if rollout else {}
    seen = Seen("d1", "shop", "ann", AT, 9, Loaded(deployment, timers=timers or {}, at=AT, **changes), walked)
    return build(seen)


def states(view: DeploymentView) -> list[str]:
    return [step.state for step in view.targets[0].steps]


def prod(phase: TargetPhase, **changes: Any) -> Target:
    return a_target(phase=phase, steps=STEPS, **changes)


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [
        (None, ["pending"] * 4),
        (a_rollout(RolloutPhase.SURVEYING, steps=STEPS), ["pending"] * 4),
        (a_rollout(steps=STEPS, step=1), ["done", "current", "pending", "pending"]),
        (
            a_rollout(steps=STEPS, step=3, workloads=(a_workload(first=True),)),
            ["done", "skipped", "skipped", "current"],
        ),
        (a_rollout(RolloutPhase.LANDED, steps=STEPS, step=4), ["done"] * 4),
        (a_rollout(RolloutPhase.RETURNING, steps=STEPS, step=1), ["done", "skipped", "skipped", "skipped"]),
        (a_rollout(RolloutPhase.ROLLED_BACK, steps=STEPS, step=2), ["done", "done", "skipped", "skipped"]),
    ],
)
def test_steps_follow_rollout(rollout: Rollout | None, expected: list[str]) -> None:
    assert states(shown(a_deployment(prod(TargetPhase.DEPLOYING)), rollout)) == expected


@pytest.mark.parametrize(
    ("phase", "before", "after"),
    [
        (TargetPhase.WAITING, ["pending", "pending"], ["pending"]),
        (TargetPhase.BEFORE, ["done", "current"], ["pending"]),
        (TargetPhase.DEPLOYING, ["done", "done"], ["pending"]),
        (TargetPhase.AFTER, ["done", "done"], ["done"]),
        (TargetPhase.SUCCEEDED, ["done", "done"], ["done"]),
        (TargetPhase.ROLLED_BACK, ["done", "done"], ["skipped"]),
        (TargetPhase.CANCELLED, ["skipped", "skipped"], ["skipped"]),
    ],
)
def test_pauses_follow_target(phase: TargetPhase, before: list[str], after: list[str]) -> None:
    target = prod(phase, before=(a_timed_pause(), an_approval()), after=(a_timed_pause(),), passed=(0,))
    (view,) = shown(a_deployment(target)).targets
    assert ([step.state for step in view.before], [step.state for step in view.after]) == (before, after)


def test_every_decision_is_listed() -> None:
    target = prod(TargetPhase.BEFORE, before=(an_approval("lead"), a_timed_pause(), an_approval()))
    view = shown(a_deployment(target))
    assert [(one.stage, one.step, one.roles) for one in view.awaiting] == [("before", 0, ("lead",)), ("before", 2, ())]


def test_step_asks_its_roles() -> None:
    view = shown(a_deployment(prod(TargetPhase.DEPLOYING)), a_rollout(steps=STEPS, step=2))
    assert [(one.stage, one.step, one.roles) for one in view.awaiting] == [("strategy", 2, ("sre",))]
    assert view.targets[0].steps[2].waits_for == "approval by sre"


def test_returning_rollout_asks_nobody() -> None:
    view = shown(a_deployment(prod(TargetPhase.RETURNING)), a_rollout(RolloutPhase.RETURNING, steps=STEPS, step=2))
    assert view.awaiting == ()


def test_hindrance_is_what_is_waited_for() -> None:
    rollout = a_rollout(steps=STEPS, step=1, hindrance="1 of 4 pods ready")
    view = shown(a_deployment(prod(TargetPhase.DEPLOYING)), rollout)
    assert view.targets[0].steps[1].waits_for == "1 of 4 pods ready"


def test_deadline_is_the_committed_one() -> None:
    until = AT + timedelta(minutes=5)
    rollout = a_rollout(steps=STEPS, step=1)
    view = shown(a_deployment(prod(TargetPhase.DEPLOYING)), rollout, {"ready": Timer(1, 300, until)})
    assert [step.until for step in view.targets[0].steps] == [None, until, None, None]


def test_pause_has_its_deadline() -> None:
    until, target = AT + timedelta(minutes=1), prod(TargetPhase.BEFORE, before=(a_timed_pause(60),))
    view = shown(a_deployment(target), timers={timer_name(target, 0): Timer(1, 60, until)})
    assert view.targets[0].before[0].until == until


def test_only_an_end_has_a_time() -> None:
    assert shown(a_deployment()).ended_at is None
    assert shown(a_deployment(phase=Phase.SUCCEEDED)).ended_at == AT


def test_unheard_deployment_is_accepted() -> None:
    assert shown(Deployment()).phase == "accepted"
