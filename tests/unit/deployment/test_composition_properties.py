"""What holds for a deployment and its rollouts together, whatever is delayed, repeated, decided or broken meanwhile."""

from collections.abc import Iterator

from hypothesis import given, settings

from libs.deployment.state import Phase, TargetPhase
from libs.deployment.targets import timer_name
from libs.messages.deployment import (
    DeploymentCancelled,
    DeploymentFailed,
    DeploymentSucceeded,
    PauseEnded,
    TargetStarted,
)
from libs.messages.message import Message
from libs.messages.rollout import RolloutLanded
from libs.plan.model import Pause, Plan, TargetPlan
from libs.rollout.state import Phase as RolloutPhase
from libs.rollout.state import is_live, is_terminal
from tests.strategies import plans
from tests.unit.deployment.adversity import Script, play, scripts
from tests.unit.deployment.composition import Composition

often = settings(max_examples=150, deadline=None)


def walk(plan: Plan, script: Script) -> Iterator[Composition]:
    """What is true after each thing that happens, and at the end, once everybody cooperates."""
    all = Composition(plan)
    all.begin()
    for what, number in script:
        play(all, what, number)
        yield all
    all.cooperate()
    all.drain()
    yield all


def outcome(plan: Plan, script: Script) -> Composition:
    return list(walk(plan, script))[-1]


@often
@given(plan=plans(), script=scripts)
def test_everything_ends_exactly_once(plan: Plan, script: Script) -> None:
    ends = (DeploymentSucceeded, DeploymentFailed, DeploymentCancelled)
    all = outcome(plan, script)
    assert all.deployment.has_ended
    assert sum(isinstance(said, ends) for said in all.deployment.said) == 1
    assert all.timers() == []


@often
@given(plan=plans(), script=scripts)
def test_ends_agree(plan: Plan, script: Script) -> None:
    all = outcome(plan, script)
    phases = {name: rollout.state.phase for name, rollout in all.rollouts.items()}
    for target in all.deployment.state.targets:
        rollout = all.rollouts[target.plan.name].state
        assert is_terminal(rollout) or rollout.phase is RolloutPhase.ABSENT
        assert target.phase is not TargetPhase.SUCCEEDED or rollout.phase is RolloutPhase.SUCCEEDED
    if all.deployment.state.phase is Phase.SUCCEEDED:
        assert set(phases.values()) == {RolloutPhase.SUCCEEDED}


@often
@given(plan=plans(), script=scripts)
def test_abort_returns_every_target(plan: Plan, script: Script) -> None:
    aborted = False
    for all in walk(plan, script):
        aborted = aborted or all.deployment.state.phase is Phase.ABORTING
    returned = {RolloutPhase.ABSENT, RolloutPhase.ROLLED_BACK, RolloutPhase.ABANDONED}
    assert not aborted or {rollout.state.phase for rollout in all.rollouts.values()} <= returned


@often
@given(plan=plans(), script=scripts)
def test_targets_wait_for_others(plan: Plan, script: Script) -> None:
    plans = {target.name: target for target in plan.targets}
    all = outcome(plan, script)
    said = all.deployment.said
    for index, started in enumerate(said):
        if isinstance(started, TargetStarted):
            for needed in plans[started.target].depends_on:
                assert after_is_over(plans[needed], said[:index])
                assert RolloutLanded(target=needed) in all.rollouts[needed].said


@often
@given(plan=plans(), script=scripts)
def test_rollouts_wait_for_pauses_before(plan: Plan, script: Script) -> None:
    for all in walk(plan, script):
        for target in all.deployment.state.targets:
            if target.phase in {TargetPhase.WAITING, TargetPhase.BEFORE}:
                never = {RolloutPhase.ABSENT, RolloutPhase.ROLLED_BACK, RolloutPhase.ABANDONED}
                assert all.rollouts[target.plan.name].state.phase in never


@often
@given(plan=plans(), script=scripts)
def test_no_timer_outlives_its_pause(plan: Plan, script: Script) -> None:
    for all in walk(plan, script):
        awaited = {timer_name(target, step) for target, step, pause in all.open_pauses() if has_limit(pause)}
        assert set(all.deployment.armed) == (set() if all.deployment.has_ended else awaited | {"check"})
        for rollout in all.rollouts.values():
            assert len(rollout.armed) == is_live(rollout.state)


def has_limit(pause: Pause) -> bool:
    return pause.approval is None or pause.approval.expires_seconds is not None


def after_is_over(target: TargetPlan, said: list[Message]) -> bool:
    """Whether every pause after the target has ended."""
    ended = [fact for fact in said if isinstance(fact, PauseEnded) and fact.target == target.name]
    return {fact.step for fact in ended if fact.stage == "after"} == set(range(len(target.after)))
