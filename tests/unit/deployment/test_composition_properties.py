"""What holds for a deployment and its rollouts together, whatever is delayed, repeated, decided or broken meanwhile."""

from collections.abc import Iterator

from hypothesis import given, settings

from libs.deployment.state import Phase, TargetPhase
from libs.gates.state import limit, open_gates, timer_of
from libs.messages.analysis import CancelAnalysis, StartAnalysis
from libs.messages.deployment import DeploymentCancelled, DeploymentFailed, DeploymentSucceeded, TargetStarted
from libs.messages.gate import GatePassed
from libs.messages.message import Message
from libs.messages.rollout import RolloutLanded
from libs.messages.run import run_name
from libs.messages.webhook import CancelWebhook, StartWebhook
from libs.plan.model import Plan, TargetPlan
from libs.rollout.state import Phase as RolloutPhase
from libs.rollout.state import Rollout, current, is_live, is_terminal, passage
from tests.cooperation import awaited_places
from tests.strategies import plans
from tests.unit.deployment.adversity import Script, play, scripts
from tests.unit.deployment.composition import Composition

often = settings(max_examples=settings().max_examples * 3 // 2, deadline=None)


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
                assert any(isinstance(fact, RolloutLanded) for fact in all.rollouts[needed].said)


@often
@given(plan=plans(), script=scripts)
def test_rollouts_wait_for_gates_before(plan: Plan, script: Script) -> None:
    for all in walk(plan, script):
        for target in all.deployment.state.targets:
            if target.phase in {TargetPhase.WAITING, TargetPhase.BEFORE}:
                never = {RolloutPhase.ABSENT, RolloutPhase.ROLLED_BACK, RolloutPhase.ABANDONED}
                assert all.rollouts[target.plan.name].state.phase in never


@often
@given(plan=plans(), script=scripts)
def test_no_timer_outlives_its_gate(plan: Plan, script: Script) -> None:
    for all in walk(plan, script):
        awaited = {timer_of(gates, i) for gates, i in all.open_gates() if limit(gates.gates[i]) is not None}
        assert set(all.deployment.armed) == (set() if all.deployment.has_ended else awaited | {"check"})
        for rollout in all.rollouts.values():
            assert set(rollout.armed) == timers(rollout.state)


@often
@given(plan=plans(), script=scripts)
def test_runs_end_with_who_waits_for_them(plan: Plan, script: Script) -> None:
    for all in walk(plan, script):
        said = all.deployment.said
        started = {fact.run for fact in said if isinstance(fact, StartWebhook | StartAnalysis)}
        ended = {fact.run for fact in said if isinstance(fact, CancelWebhook | CancelAnalysis)}
        awaited = {run_name(g.subject.target, place) for g, _ in all.open_gates() for place in awaited_places(g)}
        assert awaited <= started
        assert not awaited & ended


def timers(rollout: Rollout) -> set[str]:
    """Those that a rollout has armed wherever it is."""
    gates = passage(rollout)
    if not is_live(rollout):
        return set()
    if gates is None:
        waits = rollout.phase is RolloutPhase.SURVEYING or current(rollout) is not None
        return {"ready"} if waits else {"check"}
    return {"check", *(timer_of(gates, i) for i, gate in open_gates(gates) if limit(gate) is not None)}


def after_is_over(target: TargetPlan, said: list[Message]) -> bool:
    """Whether every gate after the target is passed."""
    places = {fact.place for fact in said if isinstance(fact, GatePassed) and fact.target == target.name}
    return {place.step for place in places if place.stage == "after"} == set(range(len(target.after)))
