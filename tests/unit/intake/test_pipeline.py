"""A deployment as the original's command line reads it."""

from typing import Any

import pytest

from libs.deployment.state import TargetPhase
from libs.plan.model import (
    ApplyManifests,
    AwaitGates,
    DeployGreen,
    RedirectTraffic,
    SetWeight,
    ShutDownOld,
    Step,
)
from libs.rollout.state import Phase as RolloutPhase
from services.intake.original.documents import pipeline
from tests.builders import a_deployment, a_rollout, a_target, a_timed_pause, an_approval
from tests.unit.intake.test_view import shown

CANARY = (ApplyManifests(), SetWeight(weight=25), an_approval("sre"), SetWeight(weight=100))
BLUE_GREEN = (
    ApplyManifests(),
    DeployGreen(),
    AwaitGates("redirectTrafficAfter", (an_approval(), a_timed_pause(60))),
    RedirectTraffic(),
    AwaitGates("shutDownOldVersionAfter", (a_timed_pause(),)),
    ShutDownOld(),
)


def steps_of(steps: tuple[Step, ...], at: int) -> list[dict[str, Any]]:
    rollout = a_rollout(RolloutPhase.PROGRESSING, steps=steps, step=at)
    steps_: list[dict[str, Any]] = pipeline(
        shown(a_deployment(a_target(phase=TargetPhase.DEPLOYING, steps=steps)), rollout)
    )["steps"]
    return steps_


@pytest.mark.parametrize(
    ("steps", "at", "done", "total"),
    [
        (CANARY, 0, 0, 3),
        (CANARY, 2, 1, 3),
        (BLUE_GREEN, 0, 0, 5),
        (BLUE_GREEN, 1, 0, 5),
        (BLUE_GREEN, 3, 2, 5),
        (BLUE_GREEN, 5, 4, 5),
        ((ApplyManifests(),), 0, 0, 0),
    ],
)
def test_progress_counts_the_strategys_steps(steps: tuple[Step, ...], at: int, done: int, total: int) -> None:
    deployment = steps_of(steps, at)[0]["deployment"]
    assert (deployment["step"], deployment["totalSteps"]) == (done, total)


def test_each_pause_is_a_step_of_its_own() -> None:
    shown_ = [(one["ref"], one["status"], one["pause"]) for one in steps_of(BLUE_GREEN, 2)[1:]]
    assert shown_ == [
        ("prod-strategy-2-0", "AWAITING_APPROVAL", {}),
        ("prod-strategy-2-1", "PAUSED", {"duration": 60, "unit": "SECONDS"}),
        ("prod-strategy-4-0", "NOT_STARTED", {"duration": 60, "unit": "SECONDS"}),
    ]
