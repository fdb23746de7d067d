"""What hypothesis draws plans from: any order of targets, any gates, any steps that the compiler could have written."""

from hypothesis import strategies as st

from libs.plan.model import (
    Analysis,
    ApplyManifests,
    Approval,
    AwaitGates,
    DeployGreen,
    Gate,
    Pause,
    Plan,
    RedirectTraffic,
    SetWeight,
    ShutDownOld,
    Step,
    TargetPlan,
)
from tests.builders import a_plan, a_target_plan, a_webhook, a_workload

approvals = st.builds(
    Approval, roles=st.sampled_from([(), ("sre",)]), expires_seconds=st.none() | st.integers(60, 3600)
)
pauses = st.builds(Pause, seconds=st.integers(1, 3600)) | st.builds(Pause, approval=approvals)
analyses = st.builds(
    Analysis,
    queries=st.just(("errors",)),
    interval_seconds=st.just(60),
    runs=st.integers(1, 3),
    asks_when_failed=st.booleans(),
    asks_when_passed=st.booleans(),
)
gates: st.SearchStrategy[Gate] = st.one_of(pauses, st.just(a_webhook()), analyses)
workloads = st.lists(st.booleans().map(lambda first: a_workload(first=first)), max_size=2).map(tuple)


@st.composite
def strategy_steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """Weights that never decrease, gates between and after them; a last weight of 100 is there or added."""
    weights = sorted(draw(st.lists(st.integers(0, 100), max_size=3)))
    steps: list[Step] = [ApplyManifests(), *draw(st.lists(gates, max_size=1))]
    for weight in weights:
        steps.extend([SetWeight(weight=weight), *draw(st.lists(gates, max_size=2))])
    return tuple(steps) if weights[-1:] == [100] else (*steps, SetWeight(weight=100))


@st.composite
def swap_steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """Blue/green, with either list there or not."""
    lists = [draw(st.lists(gates, max_size=3)) for _ in range(2)]
    redirect, shut_down = (
        [AwaitGates(name, tuple(listed))] if listed else []
        for name, listed in zip(("redirectTrafficAfter", "shutDownOldVersionAfter"), lists, strict=True)
    )
    return (ApplyManifests(), DeployGreen(), *redirect, RedirectTraffic(), *shut_down, ShutDownOld())


steps = st.one_of(st.just((ApplyManifests(),)), strategy_steps(), swap_steps())


@st.composite
def plans(draw: st.DrawFn, max_targets: int = 4) -> Plan:
    """Targets that depend on others without a cycle, in any order in the file."""
    targets: list[TargetPlan] = []
    for index in range(draw(st.integers(1, max_targets))):
        before_it = [target.name for target in targets]
        targets.append(
            a_target_plan(
                f"t{index}",
                depends_on=tuple(draw(st.lists(st.sampled_from(before_it), unique=True)) if before_it else ()),
                before=tuple(draw(st.lists(gates, max_size=2))),
                steps=draw(steps),
                after=tuple(draw(st.lists(gates, max_size=2))),
            )
        )
    return a_plan(*draw(st.permutations(targets)))
