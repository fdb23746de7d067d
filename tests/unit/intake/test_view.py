"""A view out of committed states: what each step is, and what waits for whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.api.status import status, step_status
from libs.api.view import DeploymentView
from libs.deployment.state import Deployment, Phase, Target, TargetPhase
from libs.durable.record import Loaded, Timer
from libs.gates.state import Outcome, Verdict, timer_name
from libs.messages.run import Place
from libs.plan.model import ApplyManifests, AwaitGates, RedirectTraffic, SetWeight
from libs.rollout.state import Phase as RolloutPhase
from libs.rollout.state import Rollout
from services.intake.showing.view import Seen, build
from tests.builders import (
    a_deployment,
    a_rollout,
    a_target,
    a_timed_pause,
    a_webhook,
    a_workload,
    an_analysis,
    an_approval,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
APPROVED = {2: (Outcome(0, Verdict.PASSED, by="ann"),)}
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
            a_rollout(steps=STEPS, step=1, workloads=(a_workload(first=True),)),
            ["done", "current", "skipped", "skipped"],
        ),
        (a_rollout(RolloutPhase.LANDED, steps=STEPS, step=4, outcomes=APPROVED), ["done"] * 4),
        (a_rollout(RolloutPhase.HELD, steps=STEPS, step=1), ["done", "pending", "pending", "pending"]),
        (a_rollout(RolloutPhase.RETURNING, steps=STEPS, step=1), ["done", "skipped", "skipped", "skipped"]),
        (a_rollout(RolloutPhase.ROLLED_BACK, steps=STEPS, step=2), ["done", "done", "skipped", "skipped"]),
        (a_rollout(RolloutPhase.ROLLED_BACK, steps=(), step=0), ["skipped", "skipped", "skipped", "skipped"]),
    ],
)
def test_steps_follow_rollout(rollout: Rollout | None, expected: list[str]) -> None:
    assert states(shown(a_deployment(prod(TargetPhase.DEPLOYING)), rollout)) == expected


@pytest.mark.parametrize(
    ("phase", "before", "after"),
    [
        (TargetPhase.WAITING, ["done", "pending"], ["pending"]),
        (TargetPhase.BEFORE, ["done", "current"], ["pending"]),
        (TargetPhase.DEPLOYING, ["done", "skipped"], ["pending"]),
        (TargetPhase.AFTER, ["done", "skipped"], ["current"]),
        (TargetPhase.ROLLED_BACK, ["done", "skipped"], ["skipped"]),
        (TargetPhase.CANCELLED, ["done", "skipped"], ["skipped"]),
    ],
)
def test_gates_follow_target(phase: TargetPhase, before: list[str], after: list[str]) -> None:
    passed = {"before": (Outcome(0, Verdict.PASSED),)}
    target = prod(phase, before=(a_timed_pause(), an_approval()), after=(a_timed_pause(),), outcomes=passed)
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
    view = shown(a_deployment(target), timers={timer_name("prod", Place("before", 0)): Timer(1, 60, until)})
    assert view.targets[0].before[0].until == until


def test_only_an_end_has_a_time() -> None:
    assert shown(a_deployment()).ended_at is None
    assert shown(a_deployment(phase=Phase.SUCCEEDED)).ended_at == AT


def test_unheard_deployment_is_accepted() -> None:
    assert shown(Deployment()).phase == "accepted"


def test_list_shows_each_of_its_gates() -> None:
    steps = (AwaitGates("redirectTrafficAfter", (a_webhook(), an_analysis(), an_approval("sre"))), RedirectTraffic())
    outcomes = {0: (Outcome(0, Verdict.PASSED, "12 tests"), Outcome(1, Verdict.ASKING, "analysis failed: 0.2"))}
    rollout = a_rollout(steps=steps, outcomes=outcomes)
    view = shown(a_deployment(a_target(phase=TargetPhase.DEPLOYING, steps=steps)), rollout)
    (listed, redirect) = view.targets[0].steps
    assert (listed.kind, listed.state, listed.asks, redirect.state) == (
        "redirectTrafficAfter",
        "current",
        True,
        "pending",
    )
    assert listed.waits_for == "a decision; approval by sre"
    assert [(gate.kind, gate.state, gate.message) for gate in listed.gates] == [
        ("runWebhook", "done", "12 tests"),
        ("analysis", "current", "analysis failed: 0.2"),
        ("approval", "current", ""),
    ]
    assert [(one.kind, one.step, one.gate, one.roles, one.message) for one in view.awaiting] == [
        ("judgment", 0, 1, (), "analysis failed: 0.2"),
        ("approval", 0, 2, ("sre",), ""),
    ]


def test_failed_gate_says_why() -> None:
    outcomes = {"after": (Outcome(0, Verdict.FAILED, "webhook smoke failed: 503"),)}
    target = prod(TargetPhase.FAILED, landed=True, after=(a_webhook(), a_timed_pause()), outcomes=outcomes)
    webhook, pause = shown(a_deployment(target)).targets[0].after
    assert (webhook.state, webhook.message, pause.state) == ("failed", "webhook smoke failed: 503", "skipped")


def test_first_deployment_shows_the_full_weight() -> None:
    rollout = a_rollout(steps=STEPS, step=1, workloads=(a_workload(first=True),))
    view = shown(a_deployment(prod(TargetPhase.DEPLOYING)), rollout)
    assert (view.targets[0].steps[1].weight, view.targets[0].rollout and view.targets[0].rollout.weight) == (100, 100)


@pytest.mark.parametrize(
    ("phase", "target", "rollout", "expected"),
    [
        (Phase.QUEUED, None, None, "QUEUED"),
        (Phase.RUNNING, prod(TargetPhase.BEFORE, before=(a_webhook(),)), None, "RUNNING"),
        (Phase.RUNNING, prod(TargetPhase.BEFORE, before=(a_timed_pause(), a_webhook())), None, "PAUSED"),
        (Phase.RUNNING, prod(TargetPhase.AFTER, after=(a_timed_pause(), an_approval())), None, "AWAITING_APPROVAL"),
        (Phase.RUNNING, prod(TargetPhase.DEPLOYING), a_rollout(steps=STEPS, step=2), "AWAITING_APPROVAL"),
        (Phase.RUNNING, prod(TargetPhase.DEPLOYING), a_rollout(steps=STEPS, step=1, held_by="ann"), "PAUSED"),
        (Phase.FINISHING, prod(TargetPhase.LANDED), a_rollout(RolloutPhase.FINISHING, steps=STEPS), "RUNNING"),
        (Phase.SUCCEEDED, prod(TargetPhase.SUCCEEDED), None, "SUCCEEDED"),
        (Phase.CANCELLED, prod(TargetPhase.CANCELLED), None, "CANCELLED"),
    ],
)
@pytest.mark.feature("F160", "F161")
def test_status_is_what_most_wants_attention(
    phase: Phase, target: Target | None, rollout: Rollout | None, expected: str
) -> None:
    deployment = Deployment(phase=phase, application="shop", targets=(target,) if target else ())
    assert status(shown(deployment, rollout)) == expected


def test_rejected_gate_is_called_so() -> None:
    outcomes = {"before": (Outcome(0, Verdict.FAILED, "rejected by ann", "ann", cancelled=True),)}
    target = prod(TargetPhase.CANCELLED, before=(an_approval(),), outcomes=outcomes)
    (gate,) = shown(a_deployment(target)).targets[0].before
    assert step_status(gate) == "REJECTED"
