"""What follows from a rollout's state alone."""

import pytest

from libs.plan.model import ApplyManifests, SetWeight
from libs.rollout.state import Phase, asks_cluster, current, has_stable, weight
from tests.builders import STEPS, a_rollout, a_timed_pause, a_workload


@pytest.mark.parametrize(("step", "expected"), [(0, 0), (1, 25), (2, 25), (3, 100)])
def test_weight_is_the_last_one_asked_for(step: int, expected: int) -> None:
    assert weight(a_rollout(step=step)) == expected


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.SURVEYING, 0),
        (Phase.LANDED, 100),
        (Phase.FINISHING, 100),
        (Phase.SUCCEEDED, 100),
        (Phase.RETURNING, 0),
        (Phase.ROLLED_BACK, 0),
    ],
)
def test_weight_is_all_or_nothing_outside_the_steps(phase: Phase, expected: int) -> None:
    assert weight(a_rollout(phase, step=2)) == expected


def test_only_a_progressing_rollout_has_a_step() -> None:
    assert current(a_rollout(step=1)) == STEPS[1]
    assert current(a_rollout(Phase.RETURNING, step=1)) is None


def test_one_previous_version_makes_a_stable() -> None:
    first, later = a_workload(first=True), a_workload()
    assert [has_stable(a_rollout(workloads=found)) for found in [(), (first,), (first, later)]] == [False, False, True]


def test_pauses_ask_nothing_of_the_cluster() -> None:
    assert [asks_cluster(step) for step in (ApplyManifests(), SetWeight(weight=1), a_timed_pause())] == [
        True,
        True,
        False,
    ]
