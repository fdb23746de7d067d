"""A plan is refused at the door where some step of its machine could not be committed."""

import msgspec
import pytest

from libs.deployment.machine import advance
from libs.deployment.state import Deployment, Phase
from libs.messages.deployment import Planned
from libs.plan.model import Analysis, Gate, Plan, RunWebhook
from libs.plan.size import Bounds, too_large
from tests.builders import a_target_plan, a_timed_pause

BOUNDS = Bounds(messages=900, bytes=256 * 1024)


GATES: dict[str, Gate] = {"pauses": a_timed_pause(60), "webhooks": RunWebhook("w"), "analyses": Analysis(("q",), 60, 2)}


def wide(targets: int, pauses: int, gate: Gate = GATES["pauses"]) -> Plan:
    each = (gate,) * pauses
    return Plan("shop", tuple(a_target_plan(f"target-{number}", before=each) for number in range(targets)))


@pytest.mark.parametrize(("targets", "pauses"), [(1, 0), (200, 0), (100, 2), (8, 50)])
@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_what_is_let_in_can_be_committed(targets: int, pauses: int, gate: Gate) -> None:
    plan = wide(targets, pauses, gate)
    assert too_large(plan, BOUNDS) == ""
    state, outputs = advance(Deployment(phase=Phase.PLANNING, application="shop"), Planned(plan=plan))
    assert len(outputs) + 1 <= BOUNDS.messages
    assert len(msgspec.json.encode(state)) + len(msgspec.json.encode(plan)) <= BOUNDS.bytes


def test_too_many_targets_are_refused() -> None:
    assert too_large(wide(300, 0), BOUNDS).startswith("300 targets with their gates could need 910 messages")


def test_gates_count_as_well() -> None:
    assert "could need" in too_large(wide(100, 4), BOUNDS)


def test_long_plan_is_refused() -> None:
    assert too_large(wide(20, 1), Bounds(messages=900, bytes=4096)).startswith("its plan takes ")
