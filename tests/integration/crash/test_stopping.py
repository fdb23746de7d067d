"""A planner or an executor that stops at any call of a port leaves what its successor finishes, and nothing twice."""

import itertools
from collections.abc import Callable

import pytest

from tests.crash import Fuse
from tests.integration.crash.releases import (
    MISSING,
    NEW,
    OLD,
    PODS,
    TARGETS,
    Ended,
    assert_epochs_grow,
    assert_forward,
    never,
    release,
    sizes,
)
from tests.integration.crash.skipping import run

Fuses = Callable[[Fuse], tuple[Fuse, Fuse]]


def planner(fuse: Fuse) -> tuple[Fuse, Fuse]:
    return fuse, never()


def executor(fuse: Fuse) -> tuple[Fuse, Fuse]:
    return never(), fuse


def stopped(image: str, fuses: Fuses, after: bool) -> list[Ended]:
    """One release for every call at which the service can stop, until it is through before the fuse blows."""
    found: list[Ended] = []
    for number in itertools.count(1):
        fuse = Fuse(number, after)
        ended = run(release(image, *fuses(fuse)))
        if not fuse.blown:
            return found
        found.append(ended)
    raise AssertionError("counting never ends")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fuses", [planner, executor])
def test_stopped_going_forward(fuses: Fuses, after: bool) -> None:
    calm = run(release(NEW, never(), never()))
    assert calm.outcome.deployment == "succeeded"
    assert calm.outcome.live == {f"{target} {NEW}": PODS for target in TARGETS}
    ends = stopped(NEW, fuses, after)
    assert len(ends) >= 10
    for number, ended in enumerate(ends, 1):
        assert (ended.outcome, ended.pending) == (calm.outcome, 0), f"stopped at call {number}"
        assert_forward(ended)
        assert_epochs_grow(ended.cluster)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fuses", [planner, executor])
def test_stopped_going_back(fuses: Fuses, after: bool) -> None:
    calm = run(release(MISSING, never(), never()))
    assert calm.outcome.deployment == "failed"
    assert calm.outcome.live == {f"{target} {OLD}": PODS for target in TARGETS}
    for number, ended in enumerate(stopped(MISSING, fuses, after), 1):
        assert (ended.outcome, ended.pending) == (calm.outcome, 0), f"stopped at call {number}"
        assert sizes(ended.cluster, TARGETS[0], MISSING) == sizes(calm.cluster, TARGETS[0], MISSING)
        assert_epochs_grow(ended.cluster)
