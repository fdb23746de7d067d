"""What each state of a rollout asks of the cluster."""

import pytest

from libs.messages.rollout import Version, Workload
from libs.plan.model import ApplyManifests, DeployGreen, RedirectTraffic, SetWeight, ShutDownOld
from libs.rollout.state import Phase, Rollout
from libs.workload.dialogue.fence import Fence
from libs.workload.dialogue.wanted import Snapshot, Stage
from services.executor.goal import marks_of, stage_of, wanted_of
from tests.builders import a_key, a_rollout, an_approval

KEY = a_key().of_target("prod")
STEPS = (ApplyManifests(), SetWeight(weight=25), an_approval(), SetWeight(weight=100))


@pytest.mark.parametrize(
    ("rollout", "stage", "weight"),
    [
        (a_rollout(steps=STEPS, step=0), Stage.APPLY, 0),
        (a_rollout(steps=STEPS, step=1), Stage.WEIGHT, 25),
        (a_rollout(steps=STEPS, step=2), Stage.WEIGHT, 25),
        (a_rollout(steps=STEPS, step=3), Stage.WEIGHT, 100),
        (a_rollout(Phase.LANDED, steps=STEPS, step=4), Stage.WEIGHT, 100),
        (a_rollout(Phase.FINISHING, steps=STEPS, step=4), Stage.FINISH, 100),
        (a_rollout(Phase.RETURNING, steps=STEPS, step=3), Stage.RETURN, 0),
    ],
)
def test_every_stage_follows_from_state(rollout: Rollout, stage: Stage, weight: int) -> None:
    wanted = wanted_of(KEY, rollout, (), Snapshot())
    assert wanted is not None
    assert (wanted.stage, wanted.weight, wanted.workloads) == (stage, weight, rollout.workloads)


FIRST = (Workload("web", "shop", 4, 1, 1, "web-x"),)
STABLE = (Workload("web", "shop", 4, 1, 1, "web-y", (Version("web-x", "u", 4),)),)
SWAP = (ApplyManifests(), DeployGreen(), RedirectTraffic(), ShutDownOld())


@pytest.mark.parametrize(
    ("rollout", "stage", "asked"),
    [
        (a_rollout(steps=SWAP, step=0), Stage.APPLY, (False, True)),
        (a_rollout(Phase.HELD, steps=SWAP, step=1), Stage.APPLY, (False, True)),
        (a_rollout(steps=SWAP, step=1), Stage.SWAP, (False, True)),
        (a_rollout(Phase.HELD, steps=SWAP, step=2), Stage.SWAP, (False, True)),
        (a_rollout(steps=SWAP, step=2), Stage.SWAP, (True, True)),
        (a_rollout(steps=SWAP, step=3), Stage.SWAP, (True, False)),
        (a_rollout(Phase.LANDED, steps=SWAP, step=4), Stage.SWAP, (True, False)),
        (a_rollout(Phase.FINISHING, steps=SWAP, step=4), Stage.FINISH, (True, False)),
        (a_rollout(Phase.RETURNING, steps=SWAP, step=3), Stage.RETURN, (False, True)),
    ],
)
@pytest.mark.feature("F80")
def test_blue_green_asks_for_traffic(rollout: Rollout, stage: Stage, asked: tuple[bool, bool]) -> None:
    wanted = wanted_of(KEY, rollout, (), Snapshot())
    assert wanted is not None
    assert wanted.swap is not None
    assert (wanted.stage, (wanted.swap.traffic_to_new, wanted.swap.stable_runs)) == (stage, asked)


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [
        (a_rollout(steps=STEPS[:1], step=0), True),
        (a_rollout(steps=STEPS, step=0, workloads=STABLE), False),
        (a_rollout(steps=STEPS, step=1, workloads=STABLE), False),
        (a_rollout(steps=STEPS, step=1, workloads=FIRST), True),
        (a_rollout(steps=STEPS, step=2, workloads=FIRST), False),
        (a_rollout(steps=STEPS, step=3, workloads=STABLE), True),
        (a_rollout(steps=SWAP, step=1, workloads=STABLE), True),
        (a_rollout(steps=SWAP, step=2, workloads=STABLE), False),
        (a_rollout(Phase.LANDED, steps=STEPS, step=4, workloads=STABLE), False),
        (a_rollout(Phase.RETURNING, steps=STEPS, step=3, workloads=STABLE), False),
    ],
)
def test_everything_must_be_ready_with_the_last_pod(rollout: Rollout, expected: bool) -> None:
    wanted = wanted_of(KEY, rollout, (), Snapshot())
    assert wanted is not None
    assert wanted.is_last is expected


@pytest.mark.parametrize("phase", [Phase.ABSENT, Phase.SURVEYING, Phase.SUCCEEDED, Phase.ROLLED_BACK, Phase.ABANDONED])
def test_nothing_is_asked_outside(phase: Phase) -> None:
    assert stage_of(a_rollout(phase)) is None
    assert wanted_of(KEY, a_rollout(phase), (), Snapshot()) is None


def test_fence_is_the_claim() -> None:
    wanted = wanted_of(KEY, a_rollout(epoch=3, process="b", goal=7), (), Snapshot())
    assert wanted is not None
    assert wanted.fence == Fence(3, "b", 7)


def test_marks_name_the_target_as_written() -> None:
    marks = marks_of(KEY, a_rollout(target="Prod EU"))
    assert (marks.application, marks.environment, marks.deployment) == ("shop", "Prod EU", KEY.deployment)
