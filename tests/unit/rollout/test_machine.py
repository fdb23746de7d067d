"""How a rollout decides, message by message."""

import pytest
from msgspec.structs import replace

from libs.messages.message import Arm, Disarm, Message, TimerFired
from libs.messages.rollout import (
    AbandonRollout,
    ApproveStep,
    Broken,
    Claimed,
    FinishRollout,
    Hindered,
    RejectStep,
    RollBack,
    RolloutAbandoned,
    RolloutRefused,
    RolloutReturning,
    RolloutRolledBack,
    RolloutStarted,
    RolloutSucceeded,
    StartRollout,
    StepStarted,
)
from libs.messages.webhook import WebhookSucceeded
from libs.plan.model import (
    ApplyManifests,
    AwaitGates,
    DeployGreen,
    RedirectTraffic,
    RunWebhook,
    SetWeight,
    ShutDownOld,
    Step,
)
from libs.rollout.machine import advance
from libs.rollout.state import Phase, Rollout, asks_cluster, current, gates_of
from libs.rollout.traffic import weight
from tests.builders import (
    STEPS,
    a_rollout,
    a_start,
    a_timed_pause,
    a_webhook,
    a_workload,
    an_analysis,
    an_approval,
)
from tests.unit.rollout.said import CHECK, LANDED, at, ended, hindered, settled, started, survey, timer

BLUE_GREEN = (
    ApplyManifests(),
    DeployGreen(),
    AwaitGates("redirectTrafficAfter", (a_timed_pause(),)),
    RedirectTraffic(),
    AwaitGates("shutDownOldVersionAfter", (an_approval(), a_webhook())),
    ShutDownOld(),
)


def test_start_asks_for_a_survey() -> None:
    told = (RolloutStarted(target="prod"), Arm("ready", 1800))
    assert advance(Rollout(), a_start()) == (a_rollout(Phase.SURVEYING), told)


def test_survey_begins_the_first_step() -> None:
    told = (Disarm("ready"), started(0, ApplyManifests()), Arm("ready", 1800))
    assert advance(a_rollout(Phase.SURVEYING), survey(a_workload())) == (a_rollout(), told)


def test_settled_step_begins_the_next() -> None:
    told = (Disarm("ready"), ended(0), started(1, SetWeight(weight=25)), Arm("ready", 1800))
    assert advance(a_rollout(), settled()) == (a_rollout(step=1, goal=2), told)


def test_stale_goal_changes_nothing() -> None:
    rollout = a_rollout(step=1, goal=2)
    assert advance(rollout, settled(1)) == (rollout, ())
    assert advance(rollout, settled(3)) == (rollout, ())


def test_approval_of_another_step_is_refused() -> None:
    before = a_rollout(step=2, goal=3)
    reason = "step 2 of prod does not wait for approval"
    told = RolloutRefused(target="prod", order="cmd.rollout.approve", reason=reason)
    assert advance(before, ApproveStep(target="prod", step=1, by="ann")) == (before, (told,))


def test_last_step_lands() -> None:
    told = (Disarm("ready"), ended(3), LANDED, CHECK)
    assert advance(a_rollout(step=3, goal=4), settled(4)) == (a_rollout(Phase.LANDED, step=4, goal=5), told)


def test_landed_rollout_says_so_again_when_asked() -> None:
    landed = a_rollout(Phase.LANDED, step=4, goal=5)
    assert advance(landed, a_start()) == (landed, (LANDED,))
    assert advance(landed, TimerFired(name="check")) == (landed, (CHECK,))


def test_finish_then_succeeds() -> None:
    finishing, told = advance(a_rollout(Phase.LANDED, step=4, goal=5), FinishRollout(target="prod"))
    assert (finishing, told) == (a_rollout(Phase.FINISHING, step=4, goal=6), (CHECK,))
    succeeded = a_rollout(Phase.SUCCEEDED, step=4, goal=6)
    assert advance(finishing, settled(6)) == (succeeded, (RolloutSucceeded(target="prod"),))


@pytest.mark.parametrize(
    ("steps", "walked"),
    [
        pytest.param(STEPS, (0, 1), id="canary"),
        pytest.param((ApplyManifests(), a_timed_pause(), SetWeight(weight=100), an_approval()), (0, 2), id="pauses"),
        pytest.param(
            (ApplyManifests(), SetWeight(weight=5), a_webhook(), SetWeight(weight=100)), (0, 1, 2), id="webhook"
        ),
        pytest.param((ApplyManifests(), an_analysis(), SetWeight(weight=100)), (0, 2), id="analysis"),
        pytest.param((ApplyManifests(),), (0,), id="no Deployment"),
        pytest.param(BLUE_GREEN, (0, 1, 4), id="blue/green"),
    ],
)
@pytest.mark.feature("F60")
def test_first_deployment_goes_straight_to_the_full_weight(steps: tuple[Step, ...], walked: tuple[int, ...]) -> None:
    rollout, _ = advance(a_rollout(Phase.SURVEYING, steps=steps), survey(a_workload(first=True)))
    seen = []
    while (step := current(rollout)) is not None:
        seen.append(rollout.step)
        brought = any(isinstance(step, SetWeight | DeployGreen) for step in steps[: rollout.step + 1])
        assert weight(rollout) == (100 if brought else 0)
        rollout, _ = advance(rollout, settled(rollout.goal) if asks_cluster(step) else calls_back(rollout))
    assert (tuple(seen), rollout.phase) == (walked, Phase.LANDED)


def calls_back(rollout: Rollout) -> WebhookSucceeded:
    gates = gates_of(rollout.steps[rollout.step])
    (gate,) = (index for index, gate in enumerate(gates) if isinstance(gate, RunWebhook))
    return WebhookSucceeded(target="prod", place=at(rollout.step, gate), name="smoke")


def test_first_deployment_tells_the_weight_that_it_goes_to() -> None:
    _, told = advance(a_rollout(workloads=(a_workload(first=True),)), settled())
    assert StepStarted(target="prod", step=1, what=SetWeight(weight=100), alone=True) in told


def test_hindrance_is_told_once() -> None:
    seen = Hindered(target="prod", goal=1, reason="pods not ready")
    stuck = a_rollout(hindrance="pods not ready")
    assert advance(a_rollout(), seen) == (stuck, (hindered("pods not ready"),))
    assert advance(stuck, seen) == (stuck, ())


def test_progress_ends_a_hindrance() -> None:
    told = (Disarm("ready"), ended(0), hindered(""), started(1, SetWeight(weight=25)), Arm("ready", 1800))
    assert advance(a_rollout(hindrance="pods not ready"), settled()) == (a_rollout(step=1, goal=2), told)


@pytest.mark.parametrize(
    ("message", "reason", "cancelled"),
    [
        pytest.param(Broken(target="prod", goal=3, reason="quota exceeded"), "quota exceeded", False, id="broken"),
        pytest.param(RejectStep(target="prod", step=2, by="ann"), "rejected by ann", True, id="rejected"),
        pytest.param(
            RejectStep(target="prod", step=2, by="ann", reason="slow"), "rejected by ann: slow", True, id="rejected why"
        ),
        pytest.param(RollBack(target="prod", by="ann"), "rolled back by ann", True, id="rolled back"),
        pytest.param(RollBack(target="prod", reason="aborted by ann"), "aborted by ann", True, id="aborted"),
        pytest.param(TimerFired(name=timer(2)), "approval expired", True, id="expired"),
    ],
)
@pytest.mark.feature("F92", "F100", "F105")
def test_way_back_says_why(message: Message, reason: str, cancelled: bool) -> None:
    steps = (*STEPS[:2], an_approval(expires_seconds=60), STEPS[3])
    after, told = advance(a_rollout(step=2, goal=3, steps=steps), message)
    assert (after.phase, after.goal, after.reason, after.cancelled) == (Phase.RETURNING, 4, reason, cancelled)
    assert RolloutReturning(target="prod", reason=reason) in told
    assert told[-2:] == (Disarm("ready"), CHECK)
    assert Disarm(timer(2)) in told


@pytest.mark.parametrize(
    ("hindrance", "reason"),
    [("", "not done within 1800 s"), ("pods not ready", "not done within 1800 s: pods not ready")],
)
def test_late_step_goes_back(hindrance: str, reason: str) -> None:
    after, _ = advance(a_rollout(hindrance=hindrance), TimerFired(name="ready"))
    assert after == a_rollout(Phase.RETURNING, goal=2, reason=reason)


def test_returned_rollout_is_rolled_back() -> None:
    before = a_rollout(Phase.RETURNING, goal=2, reason="too slow", cancelled=True)
    told = RolloutRolledBack(target="prod", reason="too slow", cancelled=True)
    assert advance(before, settled(2)) == (replace(before, phase=Phase.ROLLED_BACK), (told,))


def test_first_version_leaves_nothing() -> None:
    before = a_rollout(Phase.RETURNING, goal=2, reason="too slow")
    told = RolloutRolledBack(target="prod", reason="too slow", first=True)
    assert advance(replace(before, workloads=(a_workload(first=True),)), settled(2))[1] == (told,)


@pytest.mark.parametrize("first", [True, False])
def test_first_version_comes_up_alone(first: bool) -> None:
    rollout = a_rollout(steps=BLUE_GREEN, workloads=(a_workload(first=first),))
    _, told = advance(rollout, settled(1))
    assert StepStarted(target="prod", step=1, what=DeployGreen(), alone=first) in told


def test_nothing_to_return_before_the_survey() -> None:
    surveying = a_rollout(Phase.SURVEYING)
    reason = "not done within 1800 s"
    after = replace(surveying, phase=Phase.ROLLED_BACK, goal=1, reason=reason)
    outcome = RolloutRolledBack(target="prod", reason=reason, untouched=True)
    told = (RolloutReturning(target="prod", reason=reason), outcome)
    assert advance(surveying, TimerFired(name="ready")) == (after, told)


def test_return_before_start_prevents_it() -> None:
    never, told = advance(Rollout(), RollBack(target="prod", reason="aborted by ann"))
    outcome = RolloutRolledBack(target="prod", reason="aborted by ann", cancelled=True, untouched=True)
    assert never == Rollout(phase=Phase.ROLLED_BACK, target="prod", reason="aborted by ann", cancelled=True)
    assert told == (outcome,)
    assert advance(never, a_start()) == (never, (outcome,))


@pytest.mark.parametrize("phase", [Phase.RETURNING, Phase.FINISHING])
def test_stuck_end_can_be_abandoned(phase: Phase) -> None:
    order = AbandonRollout(target="prod", by="ann", reason="cluster is gone")
    reason = "abandoned by ann: cluster is gone"
    after = a_rollout(Phase.ABANDONED, by="ann", reason=reason)
    assert advance(a_rollout(phase), order) == (after, (RolloutAbandoned(target="prod", by="ann", reason=reason),))


@pytest.mark.parametrize(
    ("rollout", "outcome"),
    [
        (a_rollout(Phase.SUCCEEDED), RolloutSucceeded(target="prod")),
        (a_rollout(Phase.ROLLED_BACK, reason="slow"), RolloutRolledBack(target="prod", reason="slow")),
        (
            a_rollout(Phase.ABANDONED, reason="gone", by="ann"),
            RolloutAbandoned(target="prod", by="ann", reason="gone"),
        ),
    ],
)
@pytest.mark.parametrize("order", [a_start(), FinishRollout(target="prod"), RollBack(target="prod")])
def test_ended_rollout_answers_its_deployment_again(
    rollout: Rollout, outcome: Message, order: StartRollout | FinishRollout | RollBack
) -> None:
    assert advance(rollout, order) == (rollout, (outcome,))


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        (Phase.SUCCEEDED, "prod is finished and its old version is gone; deploy the previous version instead"),
        (Phase.ROLLED_BACK, "prod is rolled back already"),
    ],
)
def test_person_is_told_why_not(phase: Phase, reason: str) -> None:
    refused = RolloutRefused(target="prod", order="cmd.rollout.roll-back", reason=reason)
    assert advance(a_rollout(phase), RollBack(target="prod", by="ann")) == (a_rollout(phase), (refused,))


def test_claim_raises_the_epoch_once() -> None:
    claim = Claimed(target="prod", process="two")
    claimed = a_rollout(epoch=2, process="two")
    assert advance(a_rollout(epoch=1, process="one"), claim) == (claimed, ())
    assert advance(claimed, claim) == (claimed, ())
