"""How a deployment decides, message by message."""

import pytest
from msgspec.structs import replace

from libs.deployment.machine import CHECK_SECONDS, advance
from libs.deployment.state import Deployment, Phase, Target, TargetPhase
from libs.messages.deployment import (
    AbortDeployment,
    AbortStarted,
    ApprovePause,
    DeploymentCancelled,
    DeploymentFailed,
    DeploymentRefused,
    DeploymentStarted,
    DeploymentSucceeded,
    PauseEnded,
    PauseStarted,
    Planned,
    RejectPause,
    StartDeployment,
    TargetEnded,
    TargetStarted,
)
from libs.messages.fault import DeadLettered
from libs.messages.message import Arm, Disarm, Message, TimerFired
from libs.messages.rollout import (
    FinishRollout,
    RollBack,
    RolloutAbandoned,
    RolloutLanded,
    RolloutReturning,
    RolloutRolledBack,
    RolloutSucceeded,
)
from libs.messages.subject import token_hash
from tests.builders import a_deployment, a_plan, a_start, a_target, a_target_plan, a_timed_pause, an_approval

CHECK = Arm("check", CHECK_SECONDS)
DEPLOYING = a_target(phase=TargetPhase.DEPLOYING)
LANDED = a_target(phase=TargetPhase.LANDED)
PLANNING = Deployment(phase=Phase.PLANNING, application="shop", submission="sha256-of-submission", by="ann")


def timer(stage: str, step: int, name: str = "prod") -> str:
    return f"{stage}-{step}-{token_hash(name)}"


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


def test_pauses_before_begin_together() -> None:
    before = (a_timed_pause(60), an_approval("sre", expires_seconds=90), an_approval())
    running = a_deployment(a_target(phase=TargetPhase.BEFORE, before=before))
    _, told = advance(PLANNING, Planned(plan=a_plan(a_target_plan(before=before))))
    assert advance(PLANNING, Planned(plan=a_plan(a_target_plan(before=before))))[0] == running
    assert told[2:] == (
        PauseStarted(target="prod", stage="before", step=0, seconds=60),
        Arm(timer("before", 0), 60),
        PauseStarted(target="prod", stage="before", step=1, roles=("sre",)),
        Arm(timer("before", 1), 90),
        PauseStarted(target="prod", stage="before", step=2, roles=()),
    )


def test_last_pause_before_starts_the_rollout() -> None:
    before = (a_timed_pause(), an_approval())
    waiting = a_target(phase=TargetPhase.BEFORE, before=before, passed=(0,))
    order = ApprovePause(target="prod", stage="before", step=1, by="ann")
    ended = PauseEnded(target="prod", stage="before", step=1, by="ann")
    after = a_deployment(a_target(phase=TargetPhase.DEPLOYING, before=before))
    assert advance(a_deployment(waiting), order) == (after, (ended, Disarm(timer("before", 1)), a_start()))


def test_pause_that_is_not_the_last_only_ends() -> None:
    before = a_deployment(a_target(phase=TargetPhase.BEFORE, before=(a_timed_pause(), an_approval())))
    after = a_deployment(a_target(phase=TargetPhase.BEFORE, before=(a_timed_pause(), an_approval()), passed=(0,)))
    ended = PauseEnded(target="prod", stage="before", step=0)
    fired = TimerFired(name=timer("before", 0))
    assert advance(before, fired) == (after, (ended, Disarm(timer("before", 0))))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        pytest.param(RejectPause(target="prod", stage="before", step=0, by="ann"), "rejected by ann", id="rejected"),
        pytest.param(TimerFired(name=timer("before", 0)), "approval expired", id="expired"),
    ],
)
def test_refused_pause_cancels_target_and_dependants(message: Message, reason: str) -> None:
    pause = an_approval(expires_seconds=60)
    waiting = a_target(phase=TargetPhase.BEFORE, before=(pause,))
    before = a_deployment(waiting, a_target("later", depends_on=("prod",)))
    because = "it depends on prod, which was cancelled"
    whole = f"prod: {reason}; later: {because}"
    after, told = advance(before, message)
    assert after.phase is Phase.CANCELLED
    assert told == (
        Disarm(timer("before", 0)),
        target_ended(TargetPhase.CANCELLED, reason),
        target_ended(TargetPhase.CANCELLED, because, "later"),
        DeploymentCancelled(reason=whole),
    )


def test_landed_target_lets_others_start() -> None:
    before = a_deployment(DEPLOYING, a_target("later", depends_on=("prod",)))
    after = a_deployment(LANDED, a_target("later", TargetPhase.DEPLOYING, depends_on=("prod",)))
    told = (TargetStarted(target="later"), a_start(target="later"))
    assert advance(before, RolloutLanded(target="prod")) == (after, told)


def test_pauses_after_hold_others_back() -> None:
    pausing = a_target(phase=TargetPhase.DEPLOYING, after=(an_approval(),))
    later = a_target("later", depends_on=("prod",))
    after = a_deployment(a_target(phase=TargetPhase.AFTER, after=(an_approval(),)), later)
    told = (PauseStarted(target="prod", stage="after", step=0, roles=()),)
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
