"""Gates among a rollout's steps: pauses, webhooks, analyses, and lists of them."""

import pytest
from msgspec.structs import replace

from libs.gates.passing import FromRun
from libs.gates.state import Outcome, Verdict
from libs.messages.analysis import AnalysisFailed, AnalysisPassed, CancelAnalysis
from libs.messages.message import Arm, Disarm, Message, Output, TimerFired
from libs.messages.rollout import (
    AdvanceStep,
    ApproveStep,
    RejectStep,
    RolloutRefused,
)
from libs.messages.run import Subject
from libs.messages.webhook import CancelWebhook, StartWebhook, WebhookFailed, WebhookSucceeded
from libs.plan.model import (
    ApplyManifests,
    AwaitGates,
    Pause,
    RedirectTraffic,
    SetWeight,
)
from libs.rollout.machine import advance
from libs.rollout.state import Phase, Rollout
from tests.builders import (
    a_rollout,
    a_timed_pause,
    a_webhook,
    an_analysis,
    an_approval,
)
from tests.unit.rollout.said import CHECK, at, begun, ended, passed, settled, started, timer


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


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(ApproveStep(target="prod", step=2, by="ann"), id="approved"),
        pytest.param(RejectStep(target="prod", step=2, by="ann"), id="rejected"),
        pytest.param(TimerFired(name=timer(2)), id="its time is over"),
    ],
)
@pytest.mark.parametrize(
    "second",
    [
        pytest.param(ApproveStep(target="prod", step=2, by="ann"), id="same person approves"),
        pytest.param(ApproveStep(target="prod", step=2, by="bob"), id="another approves"),
        pytest.param(RejectStep(target="prod", step=2, by="bob"), id="another rejects"),
    ],
)
def test_decision_after_a_decision_is_refused(first: Message, second: Message) -> None:
    steps = (ApplyManifests(), SetWeight(weight=50), an_approval(expires_seconds=60), SetWeight(weight=100))
    decided, _ = advance(a_rollout(step=2, goal=3, steps=steps), first)
    after, (told,) = advance(decided, second)
    assert (after, type(told)) == (decided, RolloutRefused)


@pytest.mark.parametrize(
    ("rollout", "reason"),
    [
        (a_rollout(), "step 1 of prod is being done by the cluster; only waiting can be skipped"),
        (a_rollout(Phase.HELD, held_by="bob"), "prod is held by bob; resume it"),
        (a_rollout(step=2), "step 1 of prod is not being waited for"),
        (a_rollout(Phase.LANDED, step=4), "step 1 of prod is not being waited for"),
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
