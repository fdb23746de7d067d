"""How a deployment decides, message by message."""

from typing import Any

import pytest
from msgspec.structs import replace

from libs.deployment.machine import CHECK_SECONDS, advance
from libs.deployment.state import Deployment, Phase, Target, TargetPhase
from libs.gates.state import Outcome, Verdict, timer_name
from libs.messages.analysis import AnalysisFailed, CancelAnalysis
from libs.messages.deployment import (
    AbortDeployment,
    AbortStarted,
    AdvanceGate,
    ApproveGate,
    DeploymentCancelled,
    DeploymentFailed,
    DeploymentQueued,
    DeploymentRefused,
    DeploymentStarted,
    DeploymentSucceeded,
    Planned,
    QueueDeployment,
    RejectGate,
    StartDeployment,
    TargetEnded,
    TargetStarted,
)
from libs.messages.fault import DeadLettered
from libs.messages.gate import GatePassed, GateStarted
from libs.messages.message import Arm, Disarm, Message, TimerFired
from libs.messages.rollout import (
    FinishRollout,
    RollBack,
    RolloutAbandoned,
    RolloutLanded,
    RolloutReturning,
    RolloutRolledBack,
    RolloutSucceeded,
    StartRollout,
)
from libs.messages.run import Place, Subject
from libs.messages.webhook import StartWebhook, WebhookFailed
from libs.plan.model import Gate
from tests.builders import (
    a_deployment,
    a_plan,
    a_start,
    a_target,
    a_target_plan,
    a_timed_pause,
    a_webhook,
    an_analysis,
    an_approval,
)

CHECK = Arm("check", CHECK_SECONDS)
DEPLOYING = a_target(phase=TargetPhase.DEPLOYING)
LANDED = a_target(phase=TargetPhase.LANDED)
PLANNING = Deployment(phase=Phase.PLANNING, application="shop", submission="sha256-of-submission", by="ann")


def timer(stage: str, step: int, name: str = "prod") -> str:
    return timer_name(name, Place(stage, step))


def started(stage: str, step: int, gate: Gate) -> GateStarted:
    return GateStarted(target="prod", place=Place(stage, step), what=gate)


def passed(stage: str, step: int, **how: Any) -> GatePassed:
    return GatePassed(target="prod", place=Place(stage, step), **how)


def start_webhook(stage: str, step: int, **about: Any) -> StartWebhook:
    subject = Subject(application="shop", target="prod", agent="prod-eu", namespace="shop", **about)
    run = f"{stage}/{step}/0/prod"
    return StartWebhook(run=run, place=Place(stage, step), name="smoke", definitions="", subject=subject)


def target_ended(phase: TargetPhase, reason: str = "", name: str = "prod") -> TargetEnded:
    return TargetEnded(target=name, phase=phase, reason=reason)


def rolled_back(reason: str = "too slow", *, cancelled: bool = False) -> Target:
    return a_target(phase=TargetPhase.ROLLED_BACK, reason=reason, cancelled=cancelled)


def test_start_waits_for_the_plan() -> None:
    order = StartDeployment(application="shop", submission="sha256-of-submission", by="ann")
    assert advance(Deployment(), order) == (PLANNING, (CHECK,))


def test_plan_starts_every_free_target() -> None:
    plans = (a_target_plan(), a_target_plan("later", depends_on=("prod",)))
    running = a_deployment(DEPLOYING, a_target("later", depends_on=("prod",)))
    begun = DeploymentStarted(application="shop", targets=("prod", "later"), by="ann")
    told = (begun, TargetStarted(target="prod"), a_start())
    assert advance(PLANNING, Planned(plan=a_plan(*plans))) == (running, told)


@pytest.mark.parametrize(("problem", "reason"), [("no such agent", "no such agent"), ("", "there is no plan")])
def test_deployment_without_plan_fails(problem: str, reason: str) -> None:
    failed = replace(PLANNING, phase=Phase.FAILED, reason=reason)
    assert advance(PLANNING, Planned(problem=problem)) == (failed, (DeploymentFailed(reason=reason),))


@pytest.mark.feature("F40")
def test_gates_before_begin_together() -> None:
    before = (a_timed_pause(60), a_webhook())
    running, told = advance(PLANNING, Planned(plan=a_plan(a_target_plan(before=before))))
    assert running == a_deployment(a_target(phase=TargetPhase.BEFORE, before=before))
    assert told[2:] == (
        started("before", 0, before[0]),
        Arm(timer("before", 0), 60),
        started("before", 1, before[1]),
        start_webhook("before", 1),
    )


@pytest.mark.feature("F38", "F40", "F88")
def test_pause_before_counts_from_when_its_needs_are_met() -> None:
    pausing = a_target_plan("later", depends_on=("prod",), before=(a_timed_pause(60),))
    running, told = advance(PLANNING, Planned(plan=a_plan(a_target_plan(), pausing)))
    assert not any(isinstance(said, Arm) for said in told)
    _, told = advance(running, RolloutLanded(target="prod"))
    assert Arm(timer("before", 0, "later"), 60) in told


@pytest.mark.feature("F40", "F90")
def test_last_gate_before_starts_the_rollout() -> None:
    before = (a_timed_pause(), an_approval())
    waiting = a_target(phase=TargetPhase.BEFORE, before=before, outcomes={"before": (Outcome(0, Verdict.PASSED),)})
    order = ApproveGate(target="prod", stage="before", step=1, by="ann")
    after, told = advance(a_deployment(waiting), order)
    assert after.targets[0].phase is TargetPhase.DEPLOYING
    assert told == (passed("before", 1, by="ann"), a_start())


def test_gate_that_is_not_the_last_only_ends() -> None:
    gates = (a_timed_pause(), an_approval())
    before = a_deployment(a_target(phase=TargetPhase.BEFORE, before=gates))
    outcomes = {"before": (Outcome(0, Verdict.PASSED),)}
    after = a_deployment(a_target(phase=TargetPhase.BEFORE, before=gates, outcomes=outcomes))
    fired = TimerFired(name=timer("before", 0))
    assert advance(before, fired) == (after, (passed("before", 0), Disarm(timer("before", 0))))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        pytest.param(RejectGate(target="prod", stage="before", step=0, by="ann"), "rejected by ann", id="rejected"),
        pytest.param(TimerFired(name=timer("before", 0)), "approval expired", id="expired"),
    ],
)
@pytest.mark.feature("F92")
def test_refused_gate_cancels_target_and_dependants(message: Message, reason: str) -> None:
    gate = an_approval(expires_seconds=60)
    waiting = a_target(phase=TargetPhase.BEFORE, before=(gate,))
    before = a_deployment(waiting, a_target("later", depends_on=("prod",)))
    because = "it depends on prod, which was cancelled"
    whole = f"prod: {reason}; later: {because}"
    after, told = advance(before, message)
    assert after.phase is Phase.CANCELLED
    assert told[1:] == (
        Disarm(timer("before", 0)),
        target_ended(TargetPhase.CANCELLED, reason),
        target_ended(TargetPhase.CANCELLED, because, "later"),
        DeploymentCancelled(reason=whole),
    )


@pytest.mark.feature("F40", "F99")
def test_failed_gate_before_starts_nothing() -> None:
    gates = (an_approval(), a_webhook(), an_analysis())
    before = a_deployment(a_target(phase=TargetPhase.BEFORE, before=gates), a_target("later", depends_on=("prod",)))
    fact = WebhookFailed(target="prod", place=Place("before", 1), name="smoke", reason="503")
    after, told = advance(before, fact)
    assert [target.phase for target in after.targets] == [TargetPhase.FAILED, TargetPhase.CANCELLED]
    assert after.phase is Phase.FAILED
    assert after.reason == "prod: webhook smoke failed: 503"
    assert CancelAnalysis(run="before/2/0/prod") in told
    assert not any(isinstance(said, StartRollout) for said in told)


@pytest.mark.feature("F41", "F106")
def test_failed_gate_after_keeps_the_new_version() -> None:
    prod = a_target(phase=TargetPhase.AFTER, after=(a_webhook(), a_timed_pause()))
    fact = WebhookFailed(target="prod", place=Place("after", 0), name="smoke", reason="503")
    finishing, told = advance(a_deployment(prod, a_target("later", depends_on=("prod",))), fact)
    assert [target.phase for target in finishing.targets] == [TargetPhase.FAILED, TargetPhase.CANCELLED]
    assert (finishing.phase, told[-1]) == (Phase.FINISHING, FinishRollout(target="prod"))
    assert Disarm(timer("after", 1)) in told
    failed, told = advance(finishing, RolloutSucceeded(target="prod"))
    assert (failed.phase, told) == (Phase.FAILED, (DeploymentFailed(reason="prod: webhook smoke failed: 503"),))


@pytest.mark.feature("F41")
def test_gates_after_know_the_new_versions() -> None:
    deploying = a_target(phase=TargetPhase.DEPLOYING, after=(a_webhook(),))
    _, told = advance(a_deployment(deploying), RolloutLanded(target="prod", replica_sets=("web-new",)))
    assert told == (started("after", 0, a_webhook()), start_webhook("after", 0, replica_sets=("web-new",)))


@pytest.mark.feature("F42", "F103")
def test_judgment_after_may_ask_a_person() -> None:
    waiting = a_deployment(a_target(phase=TargetPhase.AFTER, after=(an_analysis(failed=True),)))
    fact = AnalysisFailed(target="prod", place=Place("after", 0), reason="0.2")
    asking, _ = advance(waiting, fact)
    assert asking.targets[0].phase is TargetPhase.AFTER
    approved, _ = advance(asking, ApproveGate(target="prod", stage="after", step=0, by="ann"))
    rejected, _ = advance(asking, RejectGate(target="prod", stage="after", step=0, by="ann"))
    assert [after.targets[0].phase for after in (approved, rejected)] == [TargetPhase.LANDED, TargetPhase.CANCELLED]


@pytest.mark.feature("F89")
def test_timed_pause_can_be_skipped() -> None:
    waiting = a_deployment(a_target(phase=TargetPhase.BEFORE, before=(a_timed_pause(),)))
    _, told = advance(waiting, AdvanceGate(target="prod", stage="before", step=0, by="ann"))
    assert told == (passed("before", 0, by="ann", skipped=True), Disarm(timer("before", 0)), a_start())


def test_check_asks_for_awaited_runs_again() -> None:
    waiting = a_deployment(a_target(phase=TargetPhase.BEFORE, before=(a_webhook(), an_approval())))
    assert advance(waiting, TimerFired(name="check")) == (waiting, (start_webhook("before", 0), CHECK))


@pytest.mark.feature("F35")
def test_queued_deployment_starts_when_told() -> None:
    order = QueueDeployment(application="shop", submission="sha256-of-submission", by="ann")
    queued, told = advance(Deployment(), order)
    assert queued == replace(PLANNING, phase=Phase.QUEUED)
    assert told == (DeploymentQueued(application="shop", by="ann"), CHECK)
    start = StartDeployment(application="shop", submission="sha256-of-submission", by="ann")
    assert advance(queued, start) == (PLANNING, (CHECK,))


@pytest.mark.feature("F35")
def test_replaced_deployment_says_by_which() -> None:
    queued = replace(PLANNING, phase=Phase.QUEUED)
    after, told = advance(queued, AbortDeployment(reason="replaced by d2"))
    assert (after.phase, after.reason) == (Phase.CANCELLED, "replaced by d2")
    assert told[-1] == DeploymentCancelled(reason="replaced by d2")


def test_landed_target_lets_others_start() -> None:
    before = a_deployment(DEPLOYING, a_target("later", depends_on=("prod",)))
    after = a_deployment(LANDED, a_target("later", TargetPhase.DEPLOYING, depends_on=("prod",)))
    told = (TargetStarted(target="later"), a_start(target="later"))
    assert advance(before, RolloutLanded(target="prod")) == (after, told)


def test_gates_after_hold_others_back() -> None:
    pausing = a_target(phase=TargetPhase.DEPLOYING, after=(an_approval(),))
    later = a_target("later", depends_on=("prod",))
    after = a_deployment(a_target(phase=TargetPhase.AFTER, after=(an_approval(),)), later)
    told = (started("after", 0, an_approval()),)
    assert advance(a_deployment(pausing, later), RolloutLanded(target="prod")) == (after, told)


def test_last_target_landed_finishes_all() -> None:
    before = a_deployment(DEPLOYING, a_target("other", TargetPhase.LANDED))
    after = a_deployment(LANDED, a_target("other", TargetPhase.LANDED), phase=Phase.FINISHING)
    told = (FinishRollout(target="prod"), FinishRollout(target="other"))
    assert advance(before, RolloutLanded(target="prod")) == (after, told)


def test_last_rollout_finished_succeeds() -> None:
    before = a_deployment(LANDED, phase=Phase.FINISHING)
    after = a_deployment(a_target(phase=TargetPhase.SUCCEEDED), phase=Phase.SUCCEEDED)
    told = (target_ended(TargetPhase.SUCCEEDED), DeploymentSucceeded())
    assert advance(before, RolloutSucceeded(target="prod")) == (after, told)


def test_others_are_told_to_finish_once() -> None:
    before = a_deployment(LANDED, a_target("other", TargetPhase.LANDED), phase=Phase.FINISHING)
    finished = a_target(phase=TargetPhase.SUCCEEDED)
    after = a_deployment(finished, a_target("other", TargetPhase.LANDED), phase=Phase.FINISHING)
    assert advance(before, RolloutSucceeded(target="prod")) == (after, (target_ended(TargetPhase.SUCCEEDED),))


@pytest.mark.parametrize(
    ("said", "phase", "what"),
    [
        (RolloutReturning(target="prod", reason="wrong"), TargetPhase.RETURNING, "goes back"),
        (RolloutRolledBack(target="prod", reason="wrong"), TargetPhase.ROLLED_BACK, "was rolled back"),
    ],
)
def test_paused_target_ends_with_what_it_depends_on(said: Message, phase: TargetPhase, what: str) -> None:
    paused = a_target("later", TargetPhase.BEFORE, depends_on=("prod",), before=(an_approval(expires_seconds=60),))
    after, told = advance(a_deployment(LANDED, paused), said)
    because = f"it depends on prod, which {what}"
    assert [target.phase for target in after.targets] == [phase, TargetPhase.CANCELLED]
    assert Disarm(timer("before", 0, "later")) in told
    assert target_ended(TargetPhase.CANCELLED, because, "later") in told


def test_returning_target_waits_for_nobody() -> None:
    after = (an_approval(expires_seconds=60),)
    returning = a_deployment(a_target(phase=TargetPhase.RETURNING, after=after))
    said = RolloutReturning(target="prod", reason="too slow")
    told = (Disarm(timer("after", 0)),)
    assert advance(a_deployment(a_target(phase=TargetPhase.AFTER, after=after)), said) == (returning, told)


@pytest.mark.parametrize(
    ("cancelled", "phase", "fact"),
    [
        (False, Phase.FAILED, DeploymentFailed(reason="prod: too slow")),
        (True, Phase.CANCELLED, DeploymentCancelled(reason="prod: too slow")),
    ],
)
def test_returned_target_ends_the_deployment(cancelled: bool, phase: Phase, fact: Message) -> None:
    before = a_deployment(a_target(phase=TargetPhase.RETURNING))
    after = a_deployment(rolled_back(cancelled=cancelled), phase=phase, reason="prod: too slow")
    said = RolloutRolledBack(target="prod", reason="too slow", cancelled=cancelled)
    assert advance(before, said) == (after, (target_ended(TargetPhase.ROLLED_BACK, "too slow"), fact))


def test_other_branches_go_on_after_a_failure() -> None:
    other = a_target("other", TargetPhase.DEPLOYING)
    before = a_deployment(a_target(phase=TargetPhase.RETURNING), other)
    told = (target_ended(TargetPhase.ROLLED_BACK, "too slow"),)
    said = RolloutRolledBack(target="prod", reason="too slow")
    assert advance(before, said) == (a_deployment(rolled_back(), other), told)


def test_abort_returns_what_was_started() -> None:
    stopped = a_target("stopped", TargetPhase.CANCELLED, landed=True)
    before = a_deployment(DEPLOYING, a_target("later", depends_on=("prod",)), stopped)
    after, told = advance(before, AbortDeployment(by="ann", reason="wrong image"))
    reason = "aborted by ann: wrong image"
    assert (after.phase, after.cancelled, after.reason) == (Phase.ABORTING, True, reason)
    assert [target.phase for target in after.targets] == [
        TargetPhase.RETURNING,
        TargetPhase.CANCELLED,
        TargetPhase.RETURNING,
    ]
    assert told == (
        AbortStarted(by="ann", reason=reason),
        RollBack(target="prod", reason=reason),
        target_ended(TargetPhase.CANCELLED, reason, "later"),
        RollBack(target="stopped", reason=reason),
    )


def test_abort_before_the_start_is_the_end() -> None:
    after = Deployment(phase=Phase.CANCELLED, cancelled=True, reason="aborted by ann")
    told = (AbortStarted(by="ann", reason="aborted by ann"), DeploymentCancelled(reason="aborted by ann"))
    assert advance(Deployment(), AbortDeployment(by="ann")) == (after, told)


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        (Phase.FINISHING, "the deployment is finishing already"),
        (Phase.ABORTING, "the deployment is aborting already"),
        (Phase.SUCCEEDED, "the deployment has succeeded already"),
    ],
)
def test_late_abort_is_refused(phase: Phase, reason: str) -> None:
    deployment = a_deployment(LANDED, phase=phase)
    refused = DeploymentRefused(order="cmd.deployment.abort", reason=reason)
    assert advance(deployment, AbortDeployment(by="ann")) == (deployment, (refused,))


@pytest.mark.parametrize(
    ("subject", "what"),
    [("cmd.acme.rollout.start.3.d1.x", "rollout start"), ("nothing of ours", "nothing of ours")],
)
def test_dead_letter_fails_the_deployment(subject: str, what: str) -> None:
    aborting, told = advance(a_deployment(), DeadLettered(subject=subject, sequence=7, reason="unreadable", attempts=5))
    reason = f"{what} could not be handled after 5 attempts: unreadable"
    assert told == (RollBack(target="prod", reason=reason),)
    failed, told = advance(aborting, RolloutRolledBack(target="prod", reason=reason, cancelled=True))
    assert (failed.phase, told[-1]) == (Phase.FAILED, DeploymentFailed(reason=reason))


def test_stopped_target_can_still_be_returned() -> None:
    stopped = a_target(phase=TargetPhase.CANCELLED, landed=True, cancelled=True, reason="rejected by ann")
    other = a_target("other", TargetPhase.DEPLOYING)
    returning, told = advance(a_deployment(stopped, other), RolloutReturning(target="prod", reason="too slow"))
    assert (returning.targets[0].phase, returning.targets[0].landed, told) == (TargetPhase.RETURNING, False, ())
    back, _ = advance(returning, RolloutRolledBack(target="prod", reason="too slow"))
    assert back == a_deployment(rolled_back(), other)


def test_abandoned_finish_fails_the_deployment() -> None:
    said = RolloutAbandoned(target="prod", by="ann", reason="abandoned by ann: cluster is gone")
    after, told = advance(a_deployment(LANDED, phase=Phase.FINISHING), said)
    assert (after.phase, told[-1]) == (Phase.FAILED, DeploymentFailed(reason=f"prod: {said.reason}"))


@pytest.mark.parametrize(
    ("deployment", "reminder"),
    [
        pytest.param(a_deployment(DEPLOYING), a_start(), id="start"),
        pytest.param(a_deployment(LANDED, phase=Phase.FINISHING), FinishRollout(target="prod"), id="finish"),
        pytest.param(
            a_deployment(a_target(phase=TargetPhase.RETURNING), phase=Phase.ABORTING, reason="aborted by ann"),
            RollBack(target="prod", reason="aborted by ann"),
            id="return",
        ),
    ],
)
def test_check_asks_again_for_what_is_awaited(deployment: Deployment, reminder: Message) -> None:
    assert advance(deployment, TimerFired(name="check")) == (deployment, (reminder, CHECK))
