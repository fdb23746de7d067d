"""Which order a decision becomes: what is left out is found where only one thing can be meant."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.api.request import Decision
from libs.api.view import DeploymentView
from libs.deployment.state import Phase, Target, TargetPhase
from libs.durable.record import Loaded
from libs.gates.state import Outcome, Verdict
from libs.messages.deployment import AdvanceGate, ApproveGate
from libs.messages.message import Message
from libs.messages.rollout import AdvanceStep, ApproveStep, PauseRollout, RejectStep, ResumeRollout, RollBack
from libs.plan.model import ApplyManifests, AwaitGates, SetWeight, Step
from libs.rollout.state import Phase as RolloutPhase
from libs.rollout.state import Rollout
from services.intake.deciding import decision
from services.intake.deciding.decision import Chosen
from services.intake.deciding.meant import Unclear
from services.intake.showing.view import Seen, build
from tests.builders import a_deployment, a_rollout, a_target, a_timed_pause, a_webhook, an_analysis, an_approval

AT = datetime(2026, 1, 2, tzinfo=UTC)
LISTED = AwaitGates("redirectTrafficAfter", (an_approval("sre"), a_webhook(), an_analysis(failed=True)))
JUDGED = {1: (Outcome(2, Verdict.ASKING, "analysis failed: 0.2"),)}

Choose = Callable[[DeploymentView, Decision, str], Chosen]


def walking(*steps: Step, **rollout: Any) -> DeploymentView:
    """`prod` at the second of its steps."""
    whole = (ApplyManifests(), *steps)
    target = a_target(phase=TargetPhase.DEPLOYING, steps=whole)
    return seen(target, a_rollout(steps=whole, **{"step": 1, **rollout}))


def seen(target: Target, *rollouts: Rollout, phase: Phase = Phase.RUNNING) -> DeploymentView:
    walked = {rollout.target: Loaded(rollout) for rollout in rollouts}
    return build(Seen("d1", "shop", "ann", AT, 9, Loaded(a_deployment(target, phase=phase), at=AT), walked))


def order(choose: Choose, view: DeploymentView, **said: Any) -> Message:
    return choose(view, Decision(**said), "ann").order


def test_lone_question_needs_no_name() -> None:
    assert order(decision.approve, walking(an_approval())) == ApproveStep(target="prod", step=1, by="ann")


@pytest.mark.feature("F103")
def test_judgment_is_answered_like_an_approval() -> None:
    view = walking(LISTED, outcomes=JUDGED)
    assert order(decision.approve, view, gate=2) == ApproveStep(target="prod", step=1, gate=2, by="ann")
    assert order(decision.reject, view, gate=2) == RejectStep(target="prod", step=1, gate=2, by="ann")


def test_several_questions_of_one_step_are_told_apart() -> None:
    with pytest.raises(
        Unclear, match="target prod, stage strategy, step 2, gate 1; target prod, stage strategy, step 2, gate 3"
    ):
        order(decision.approve, walking(LISTED, outcomes=JUDGED))


@pytest.mark.parametrize(
    ("step", "gate"), [(a_timed_pause(), None), (a_webhook(), None), (an_analysis(), None), (LISTED, 1)]
)
@pytest.mark.feature("F89")
def test_any_wait_can_be_skipped(step: Step, gate: int | None) -> None:
    chosen = decision.advance(walking(step), Decision(gate=gate), "ann")
    assert chosen.order == AdvanceStep(target="prod", step=1, gate=gate or 0, by="ann")
    assert not chosen.asks_approver


def test_approval_is_skipped_by_those_it_asks() -> None:
    chosen = decision.advance(walking(an_approval("sre")), Decision(), "ann")
    assert (chosen.roles, chosen.asks_approver) == (("sre",), True)


def test_gate_before_is_skipped_at_the_deployment() -> None:
    view = seen(a_target(phase=TargetPhase.BEFORE, before=(a_webhook(), an_approval())))
    assert order(decision.advance, view, step=0) == AdvanceGate(target="prod", stage="before", step=0, by="ann")
    assert order(decision.approve, view) == ApproveGate(target="prod", stage="before", step=1, by="ann")


def test_work_of_the_cluster_is_not_skipped() -> None:
    with pytest.raises(Unclear, match="nothing waits") as unclear:
        order(decision.advance, walking(SetWeight(weight=9)))
    assert unclear.value.code == "nothing_awaits"


def test_hold_is_counted_on() -> None:
    free = walking(SetWeight(weight=9), holds=3)
    held = walking(SetWeight(weight=9), holds=4, held_by="ann")
    assert order(decision.pause, free) == PauseRollout(target="prod", hold=4, by="ann")
    assert order(decision.resume, held) == ResumeRollout(target="prod", hold=4, by="ann")


@pytest.mark.parametrize("choose", [decision.pause, decision.resume])
def test_target_that_is_not_walked_cannot_be_held(choose: Choose) -> None:
    waiting = seen(a_target(phase=TargetPhase.BEFORE, before=(an_approval(),)))
    for said in ({}, {"target": "prod"}):
        with pytest.raises(Unclear) as unclear:
            order(choose, waiting, **said)
        assert unclear.value.code == "nothing_fits"


@pytest.mark.feature("F106")
def test_target_whose_gates_after_failed_can_be_returned() -> None:
    failed = a_target(phase=TargetPhase.FAILED, landed=True)
    view = seen(failed, a_rollout(RolloutPhase.LANDED))
    assert order(decision.roll_back, view) == RollBack(target="prod", by="ann")
    with pytest.raises(Unclear):
        order(decision.roll_back, seen(failed))
