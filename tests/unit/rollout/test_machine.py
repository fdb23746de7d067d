"""How a rollout decides, message by message."""

from typing import Any

import pytest
from msgspec.structs import replace

from libs.gates.passing import FromRun
from libs.gates.state import Outcome, Verdict, timer_name
from libs.messages.analysis import AnalysisFailed, AnalysisPassed, CancelAnalysis
from libs.messages.gate import GatePassed, GateStarted
from libs.messages.message import Arm, Disarm, Message, Output, TimerFired
from libs.messages.rollout import (
    AbandonRollout,
    AdvanceStep,
    ApproveStep,
    Broken,
    Claimed,
    FinishRollout,
    Hindered,
    PauseRollout,
    RejectStep,
    ResumeRollout,
    RollBack,
    RolloutAbandoned,
    RolloutHindered,
    RolloutLanded,
    RolloutPaused,
    RolloutRefused,
    RolloutResumed,
    RolloutReturning,
    RolloutRolledBack,
    RolloutStarted,
    RolloutSucceeded,
    Settled,
    StartRollout,
    StepEnded,
    StepStarted,
    Surveyed,
    Workload,
)
from libs.messages.run import Place, Subject
from libs.messages.webhook import CancelWebhook, StartWebhook, WebhookFailed, WebhookSucceeded
from libs.plan.model import (
    ApplyManifests,
    AwaitGates,
    DeployGreen,
    Gate,
    Pause,
    RedirectTraffic,
    RunWebhook,
    SetWeight,
    ShutDownOld,
    Step,
)
from libs.rollout.machine import advance
from libs.rollout.state import Phase, Rollout, asks_cluster, current, gates_of, weight
from libs.rollout.walking import CHECK_SECONDS
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

CHECK = Arm("check", CHECK_SECONDS)
BLUE_GREEN = (
    ApplyManifests(),
    DeployGreen(),
    AwaitGates("redirectTrafficAfter", (a_timed_pause(),)),
    RedirectTraffic(),
    AwaitGates("shutDownOldVersionAfter", (an_approval(), a_webhook())),
    ShutDownOld(),
)


def started(step: int, what: Step) -> StepStarted:
    return StepStarted(target="prod", step=step, what=what)


def ended(step: int) -> StepEnded:
    return StepEnded(target="prod", step=step)


def at(step: int, gate: int = 0) -> Place:
    return Place("strategy", step, gate)


def timer(step: int, gate: int = 0) -> str:
    return timer_name("prod", at(step, gate))


def begun(step: int, gate: Gate) -> GateStarted:
    return GateStarted(target="prod", place=at(step), what=gate)


def passed(step: int, **how: Any) -> GatePassed:
    return GatePassed(target="prod", place=at(step), **how)


LANDED = RolloutLanded(target="prod", replica_sets=("web-new",))


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
    ("pause", "armed"),
    [
        pytest.param(a_timed_pause(60), (Arm(timer(1), 60),), id="for a time"),
        pytest.param(an_approval(expires_seconds=90), (Arm(timer(1), 90),), id="for a person, not for ever"),
        pytest.param(an_approval("sre"), (), id="for a person"),
    ],
)
@pytest.mark.feature("F88", "F90")
def test_pause_arms_its_own_timer(pause: Pause, armed: tuple[Arm, ...]) -> None:
    before = a_rollout(steps=(ApplyManifests(), pause))
    after = replace(before, step=1, goal=2)
    told = (Disarm("ready"), ended(0), started(1, pause), begun(1, pause), *armed, CHECK)
    assert advance(before, settled()) == (after, told)


@pytest.mark.feature("F88")
def test_pause_ends_with_its_time() -> None:
    before = a_rollout(step=1, goal=2, steps=(ApplyManifests(), a_timed_pause(), SetWeight(weight=100)))
    after = replace(before, step=2, goal=3, outcomes={1: (Outcome(0, Verdict.PASSED),)})
    disarmed = (Disarm(timer(1)), Disarm("check"))
    told = (passed(1), *disarmed, ended(1), started(2, SetWeight(weight=100)), Arm("ready", 1800))
    assert advance(before, TimerFired(name=timer(1))) == (after, told)


@pytest.mark.feature("F90")
def test_approval_names_the_person() -> None:
    told = (passed(2, by="ann"), Disarm("check"), ended(2), started(3, SetWeight(weight=100)), Arm("ready", 1800))
    order = ApproveStep(target="prod", step=2, by="ann")
    after = a_rollout(step=3, goal=4, outcomes={2: (Outcome(0, Verdict.PASSED, by="ann"),)})
    assert advance(a_rollout(step=2, goal=3), order) == (after, told)


def test_approval_of_another_step_is_refused() -> None:
    before = a_rollout(step=2, goal=3)
    reason = "step 1 of prod does not wait for approval"
    told = RolloutRefused(target="prod", order="cmd.rollout.approve", reason=reason)
    assert advance(before, ApproveStep(target="prod", step=1, by="ann")) == (before, (told,))


def test_last_step_lands() -> None:
    told = (Disarm("ready"), ended(3), LANDED, CHECK)
    assert advance(a_rollout(step=3, goal=4), settled(4)) == (a_rollout(Phase.LANDED, step=4, goal=5), told)


def test_landed_rollout_says_so_again() -> None:
    landed = a_rollout(Phase.LANDED, step=4, goal=5)
    assert advance(landed, TimerFired(name="check")) == (landed, (LANDED, CHECK))


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
        assert weight(rollout) == (100 if any(isinstance(s, SetWeight) for s in steps[: rollout.step + 1]) else 0)
        rollout, _ = advance(rollout, settled(rollout.goal) if asks_cluster(step) else calls_back(rollout))
    assert (tuple(seen), rollout.phase) == (walked, Phase.LANDED)


def calls_back(rollout: Rollout) -> WebhookSucceeded:
    gates = gates_of(rollout.steps[rollout.step])
    (gate,) = (index for index, gate in enumerate(gates) if isinstance(gate, RunWebhook))
    return WebhookSucceeded(target="prod", place=at(rollout.step, gate), name="smoke")


def survey(*workloads: Workload) -> Surveyed:
    return Surveyed(target="prod", goal=0, workloads=workloads, snapshot="sha256-of-snapshot")


def test_first_deployment_tells_the_weight_that_it_goes_to() -> None:
    _, told = advance(a_rollout(workloads=(a_workload(first=True),)), settled())
    assert started(1, SetWeight(weight=100)) in told


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


@pytest.mark.feature("F102")
def test_failed_webhook_leads_back_at_once() -> None:
    listed = AwaitGates("redirectTrafficAfter", (an_approval(), a_webhook(), an_analysis(failed=True)))
    before = a_rollout(step=1, goal=2, steps=(ApplyManifests(), listed))
    after, told = advance(before, WebhookFailed(target="prod", place=at(1, 1), name="smoke", reason="503"))
    assert (after.phase, after.cancelled) == (Phase.RETURNING, False)
    assert after.reason == "webhook smoke failed: 503"
    assert CancelAnalysis(run="strategy/1/2/prod") in told


def judged(fact: FromRun, **modes: bool) -> tuple[Rollout, tuple[Output, ...]]:
    steps = (ApplyManifests(), an_analysis(**modes), SetWeight(weight=100))
    return advance(a_rollout(step=1, goal=2, steps=steps), fact)


@pytest.mark.parametrize(
    ("good", "asks", "phase", "step"),
    [
        (True, False, Phase.PROGRESSING, 2),
        (True, True, Phase.PROGRESSING, 1),
        (False, False, Phase.RETURNING, 1),
        (False, True, Phase.PROGRESSING, 1),
    ],
)
@pytest.mark.feature("F98", "F103", "F104")
def test_analysis_decides_unless_a_person_does(good: bool, asks: bool, phase: Phase, step: int) -> None:
    fact: FromRun = (AnalysisPassed if good else AnalysisFailed)(target="prod", place=at(1), reason="0.2")
    waiting, _ = judged(fact, passed=asks and good, failed=asks and not good)
    assert (waiting.phase, waiting.step) == (phase, step)
    if asks:
        assert advance(waiting, ApproveStep(target="prod", step=1, by="ann"))[0].step == 2
        assert advance(waiting, RejectStep(target="prod", step=1, by="ann"))[0].phase is Phase.RETURNING


@pytest.mark.feature("F82")
def test_list_is_passed_with_its_last_gate() -> None:
    listed = AwaitGates("redirectTrafficAfter", (a_timed_pause(), a_webhook()))
    rollout = a_rollout(step=1, goal=2, steps=(ApplyManifests(), listed, RedirectTraffic()))
    rollout, _ = advance(rollout, TimerFired(name=timer(1, 0)))
    assert rollout.step == 1
    rollout, told = advance(rollout, WebhookSucceeded(target="prod", place=at(1, 1), name="smoke"))
    assert (rollout.step, told[-2]) == (2, started(2, RedirectTraffic()))


def test_reminder_starts_the_run_again() -> None:
    rollout = a_rollout(step=1, steps=(ApplyManifests(), a_webhook()), definitions="sha256-of-definitions")
    same, told = advance(rollout, TimerFired(name="check"))
    assert same == rollout
    subject = Subject("shop", "prod", "prod-eu", "shop", replica_sets=("web-new",))
    start = StartWebhook(
        run="strategy/1/0/prod", place=at(1), name="smoke", definitions="sha256-of-definitions", subject=subject
    )
    assert told == (start, CHECK)


def pause(hold: int = 1) -> PauseRollout:
    return PauseRollout(target="prod", hold=hold, by="bob")


def resume(hold: int = 1) -> ResumeRollout:
    return ResumeRollout(target="prod", hold=hold, by="bob")


def test_hold_lets_the_step_end_but_no_other_begin() -> None:
    holding, told = advance(a_rollout(), pause())
    assert told == (RolloutPaused(target="prod", by="bob"),)
    held, told = advance(holding, settled())
    assert held == a_rollout(Phase.HELD, step=1, goal=1, held_by="bob", holds=1)
    assert told == (Disarm("ready"), ended(0), CHECK)
    free, told = advance(held, resume())
    assert free == a_rollout(step=1, goal=2, holds=1)
    assert told == (RolloutResumed(target="prod", by="bob"), started(1, SetWeight(weight=25)), Arm("ready", 1800))


def test_hold_before_the_survey_changes_nothing_in_the_cluster() -> None:
    holding, _ = advance(a_rollout(Phase.SURVEYING), pause())
    held, told = advance(holding, survey(a_workload()))
    assert (held.phase, held.step, told) == (Phase.HELD, 0, (Disarm("ready"), CHECK))
    assert started(0, ApplyManifests()) in advance(held, resume())[1]


def test_time_that_passes_while_held_has_passed() -> None:
    holding = a_rollout(step=1, steps=(ApplyManifests(), a_timed_pause(), SetWeight(weight=9)), held_by="bob", holds=1)
    held, _ = advance(holding, TimerFired(name=timer(1)))
    assert (held.phase, held.step) == (Phase.HELD, 2)
    assert current(advance(held, resume())[0]) == SetWeight(weight=9)


def test_last_step_lands_only_when_let_go() -> None:
    held, _ = advance(a_rollout(step=3, goal=4, held_by="bob", holds=1), settled(4))
    landed, told = advance(held, resume())
    assert (held.phase, landed.phase) == (Phase.HELD, Phase.LANDED)
    assert LANDED in told


def test_held_rollout_can_go_back() -> None:
    back, _ = advance(a_rollout(Phase.HELD, step=1, held_by="bob", holds=1), RollBack(target="prod", by="ann"))
    assert (back.phase, back.held_by) == (Phase.RETURNING, "")


def test_late_pause_holds_nothing_again() -> None:
    free = a_rollout(step=1, holds=1)
    refused = RolloutRefused(target="prod", order="cmd.rollout.pause", reason="prod was held and let go meanwhile")
    assert advance(free, pause()) == (free, (refused,))
    assert advance(free, pause(2))[0].held_by == "bob"


@pytest.mark.parametrize(
    ("rollout", "reason"),
    [
        (a_rollout(), "step 0 of prod is being done by the cluster; only waiting can be skipped"),
        (a_rollout(Phase.HELD, held_by="bob"), "prod is held by bob; resume it"),
        (a_rollout(step=2), "step 0 of prod is not being waited for"),
        (a_rollout(Phase.LANDED, step=4), "step 0 of prod is not being waited for"),
    ],
)
def test_only_waiting_can_be_skipped(rollout: Rollout, reason: str) -> None:
    refused = RolloutRefused(target="prod", order="cmd.rollout.advance", reason=reason)
    assert advance(rollout, AdvanceStep(target="prod", step=0, by="ann")) == (rollout, (refused,))


@pytest.mark.feature("F89")
def test_skipped_webhook_is_cancelled() -> None:
    before = a_rollout(step=1, steps=(ApplyManifests(), a_webhook(), SetWeight(weight=100)))
    after, told = advance(before, AdvanceStep(target="prod", step=1, by="ann"))
    assert after.step == 2
    assert told[:2] == (passed(1, by="ann", skipped=True), CancelWebhook(run="strategy/1/0/prod"))


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
