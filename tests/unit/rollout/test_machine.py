"""How a rollout decides, message by message."""

import pytest
from msgspec.structs import replace

from libs.messages.message import Arm, Disarm, Message, Output, TimerFired
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
    RolloutHindered,
    RolloutLanded,
    RolloutRefused,
    RolloutReturning,
    RolloutRolledBack,
    RolloutStarted,
    RolloutSucceeded,
    Settled,
    StartRollout,
    StepEnded,
    StepStarted,
    Surveyed,
)
from libs.plan.model import ApplyManifests, Pause, SetWeight
from libs.rollout.machine import CHECK_SECONDS, advance
from libs.rollout.state import Phase, Rollout
from tests.builders import STEPS, a_rollout, a_start, a_timed_pause, a_workload, an_approval

CHECK = Arm("check", CHECK_SECONDS)
NO_TIMERS = (Disarm("ready"), Disarm("pause"), Disarm("approval"))


def started(step: int, what: ApplyManifests | SetWeight | Pause) -> StepStarted:
    return StepStarted(target="prod", step=step, what=what)


def ended(step: int, by: str = "") -> StepEnded:
    return StepEnded(target="prod", step=step, by=by)


def hindered(reason: str) -> RolloutHindered:
    return RolloutHindered(target="prod", reason=reason)


def settled(goal: int = 1) -> Settled:
    return Settled(target="prod", goal=goal)


def test_start_asks_for_a_survey() -> None:
    told = (RolloutStarted(target="prod"), Arm("ready", 1800))
    assert advance(Rollout(), a_start()) == (a_rollout(Phase.SURVEYING), told)


def test_survey_begins_the_first_step() -> None:
    survey = Surveyed(target="prod", goal=0, workloads=(a_workload(),), snapshot="sha256-of-snapshot")
    told = (Disarm("ready"), started(0, ApplyManifests()), Arm("ready", 1800))
    assert advance(a_rollout(Phase.SURVEYING), survey) == (a_rollout(), told)


def test_settled_step_begins_the_next() -> None:
    told = (Disarm("ready"), ended(0), started(1, SetWeight(weight=25)), Arm("ready", 1800))
    assert advance(a_rollout(), settled()) == (a_rollout(step=1, goal=2), told)


def test_stale_goal_changes_nothing() -> None:
    rollout = a_rollout(step=1, goal=2)
    assert advance(rollout, settled(1)) == (rollout, ())
    assert advance(rollout, settled(3)) == (rollout, ())


@pytest.mark.parametrize(
    ("pause", "timer"),
    [
        pytest.param(a_timed_pause(60), Arm("pause", 60), id="for a time"),
        pytest.param(an_approval(expires_seconds=90), Arm("approval", 90), id="for a person, not for ever"),
        pytest.param(an_approval("sre"), CHECK, id="for a person"),
    ],
)
def test_pause_arms_its_own_timer(pause: Pause, timer: Arm) -> None:
    before = a_rollout(steps=(ApplyManifests(), pause))
    after = replace(before, step=1, goal=2)
    assert advance(before, settled()) == (after, (Disarm("ready"), ended(0), started(1, pause), timer))


def test_pause_ends_with_its_time() -> None:
    before = a_rollout(step=1, goal=2, steps=(ApplyManifests(), a_timed_pause(), SetWeight(weight=100)))
    told = (ended(1), started(2, SetWeight(weight=100)), Arm("ready", 1800))
    assert advance(before, TimerFired(name="pause")) == (replace(before, step=2, goal=3), told)


def test_approval_names_the_person() -> None:
    before = a_rollout(step=2, goal=3)
    told = (Disarm("approval"), Disarm("check"), ended(2, "ann"), started(3, SetWeight(weight=100)))
    order = ApproveStep(target="prod", step=2, by="ann")
    assert advance(before, order) == (a_rollout(step=3, goal=4), (*told, Arm("ready", 1800)))


def test_approval_of_another_step_is_refused() -> None:
    before = a_rollout(step=2, goal=3)
    reason = "step 1 of prod does not wait for approval"
    told = RolloutRefused(target="prod", order="cmd.rollout.approve", reason=reason)
    assert advance(before, ApproveStep(target="prod", step=1, by="ann")) == (before, (told,))


def test_last_step_lands() -> None:
    told = (Disarm("ready"), ended(3), RolloutLanded(target="prod"), CHECK)
    assert advance(a_rollout(step=3, goal=4), settled(4)) == (a_rollout(Phase.LANDED, step=4, goal=5), told)


def test_landed_rollout_says_so_again() -> None:
    landed = a_rollout(Phase.LANDED, step=4, goal=5)
    assert advance(landed, TimerFired(name="check")) == (landed, (RolloutLanded(target="prod"), CHECK))


def test_finish_then_succeeds() -> None:
    finishing, told = advance(a_rollout(Phase.LANDED, step=4, goal=5), FinishRollout(target="prod"))
    assert (finishing, told) == (a_rollout(Phase.FINISHING, step=4, goal=6), (CHECK,))
    succeeded = a_rollout(Phase.SUCCEEDED, step=4, goal=6)
    assert advance(finishing, settled(6)) == (succeeded, (RolloutSucceeded(target="prod"),))


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(STEPS, id="full weight last"),
        pytest.param((*STEPS, a_timed_pause()), id="pause last"),
        pytest.param((ApplyManifests(), a_timed_pause(), SetWeight(weight=100), an_approval()), id="approval last"),
    ],
)
def test_first_deployment_goes_straight_to_the_full_weight(
    steps: tuple[ApplyManifests | SetWeight | Pause, ...],
) -> None:
    full = steps.index(SetWeight(weight=100))
    applying = a_rollout(workloads=(a_workload(first=True),), steps=steps)
    weighing, told = advance(applying, settled())
    assert (weighing.step, told[1:]) == (full, (ended(0), started(full, SetWeight(weight=100)), Arm("ready", 1800)))
    landed, told = advance(weighing, settled(2))
    assert (landed.phase, told[1:]) == (Phase.LANDED, (ended(full), RolloutLanded(target="prod"), CHECK))


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
        pytest.param(TimerFired(name="approval"), "approval expired", True, id="expired"),
    ],
)
def test_way_back_says_why(message: Message, reason: str, cancelled: bool) -> None:
    steps = (*STEPS[:2], an_approval(expires_seconds=60), STEPS[3])
    before = a_rollout(step=2, goal=3, steps=steps)
    after = replace(before, phase=Phase.RETURNING, goal=4, reason=reason, cancelled=cancelled)
    told: tuple[Output, ...] = (RolloutReturning(target="prod", reason=reason), *NO_TIMERS, CHECK)
    assert advance(before, message) == (after, told)


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


def test_nothing_to_return_before_the_survey() -> None:
    surveying = a_rollout(Phase.SURVEYING)
    reason = "not done within 1800 s"
    after = replace(surveying, phase=Phase.ROLLED_BACK, goal=1, reason=reason)
    told = (RolloutReturning(target="prod", reason=reason), RolloutRolledBack(target="prod", reason=reason))
    assert advance(surveying, TimerFired(name="ready")) == (after, told)


def test_return_before_start_prevents_it() -> None:
    never, told = advance(Rollout(), RollBack(target="prod", reason="aborted by ann"))
    outcome = RolloutRolledBack(target="prod", reason="aborted by ann", cancelled=True)
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
