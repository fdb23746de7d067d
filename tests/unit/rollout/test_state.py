"""What follows from a rollout's state alone."""

import pytest

from libs.plan.model import ApplyManifests, AwaitGates, DeployGreen, RedirectTraffic, SetWeight, ShutDownOld
from libs.rollout.state import Phase, asks_cluster, awaits_cluster, current, has_stable, passage
from libs.rollout.traffic import Swap, swap, weight
from tests.builders import STEPS, a_rollout, a_timed_pause, a_workload

BLUE_GREEN = (
    ApplyManifests(),
    DeployGreen(),
    AwaitGates("redirectTrafficAfter", (a_timed_pause(),)),
    RedirectTraffic(),
    ShutDownOld(),
)
OLD, BOTH, NEW = Swap(False, True), Swap(True, True), Swap(True, False)


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


@pytest.mark.parametrize(("step", "expected"), [(1, 0), (2, 25), (4, 100)])
def test_held_weight_is_that_of_the_steps_done(step: int, expected: int) -> None:
    held = a_rollout(Phase.HELD, step=step, held_by="ann")
    assert (weight(held), awaits_cluster(held), passage(held)) == (expected, False, None)


@pytest.mark.parametrize(
    ("phase", "step", "expected"),
    [
        (Phase.PROGRESSING, 0, OLD),
        (Phase.PROGRESSING, 1, OLD),
        (Phase.PROGRESSING, 2, OLD),
        (Phase.HELD, 3, OLD),
        (Phase.PROGRESSING, 3, BOTH),
        (Phase.HELD, 4, BOTH),
        (Phase.PROGRESSING, 4, NEW),
        (Phase.HELD, 5, NEW),
        (Phase.LANDED, 5, NEW),
        (Phase.FINISHING, 5, NEW),
        (Phase.RETURNING, 4, OLD),
        (Phase.ROLLED_BACK, 4, OLD),
    ],
)
@pytest.mark.feature("F80", "F84")
def test_traffic_moves_before_the_old_version_goes(phase: Phase, step: int, expected: Swap) -> None:
    assert swap(a_rollout(phase, step=step, steps=BLUE_GREEN)) == expected


@pytest.mark.feature("F60")
def test_first_version_has_no_traffic_to_move() -> None:
    assert swap(a_rollout(step=1, steps=BLUE_GREEN, workloads=(a_workload(first=True),))) == NEW


def test_canary_swaps_nothing() -> None:
    assert swap(a_rollout()) is None
