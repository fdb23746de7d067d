"""What follows from a deployment's state alone."""

from typing import Any

import pytest

from libs.deployment.state import Target, TargetPhase, is_open, passage, target_named
from libs.gates.state import Outcome, Verdict, open_gates
from tests.builders import a_deployment, a_target, a_timed_pause, an_approval

GATES: dict[str, Any] = {"before": (a_timed_pause(), an_approval()), "after": (an_approval(),)}
PASSED = {"before": (Outcome(0, Verdict.PASSED),)}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (a_target(phase=TargetPhase.BEFORE, **GATES), [(0, a_timed_pause()), (1, an_approval())]),
        (a_target(phase=TargetPhase.BEFORE, outcomes=PASSED, **GATES), [(1, an_approval())]),
        (a_target(phase=TargetPhase.AFTER, outcomes=PASSED, **GATES), [(0, an_approval())]),
        (a_target(phase=TargetPhase.DEPLOYING, **GATES), []),
    ],
)
def test_open_gates_are_those_of_the_stage(target: Target, expected: list[object]) -> None:
    gates = passage(target, "shop")
    assert list(open_gates(gates) if gates else ()) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (a_target(phase=TargetPhase.LANDED), True),
        (a_target(phase=TargetPhase.RETURNING), True),
        (a_target(phase=TargetPhase.CANCELLED, landed=True), True),
        (a_target(phase=TargetPhase.CANCELLED), False),
        (a_target(phase=TargetPhase.SUCCEEDED), False),
    ],
)
def test_target_is_open_until_its_rollout_is_settled(target: Target, expected: bool) -> None:
    assert is_open(target) is expected


def test_target_is_found_by_its_name() -> None:
    deployment = a_deployment(a_target("one"), a_target("two"))
    assert target_named(deployment, "two") == a_target("two")
    assert target_named(deployment, "three") is None
