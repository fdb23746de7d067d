"""What a rollout's committed state asks of the cluster, in the words of `libs.workload`. Pure."""

from libs.messages.subject import Key
from libs.plan.model import ApplyManifests, DeployGreen
from libs.rollout.state import Phase, Rollout, asks_cluster, current, is_walked
from libs.rollout.traffic import swap, weight
from libs.workload.dialogue.fence import Fence
from libs.workload.dialogue.wanted import Snapshot, Stage, Swap, Wanted
from libs.workload.kinds.naming import Marks
from libs.workload.kinds.objects import Object


def marks_of(key: Key, rollout: Rollout) -> Marks:
    return Marks(application=rollout.application, environment=rollout.target, deployment=key.deployment)


def wanted_of(key: Key, rollout: Rollout, objects: tuple[Object, ...], snapshot: Snapshot) -> Wanted | None:
    """None where the state asks nothing of the cluster: before the survey, and at the end."""
    stage = stage_of(rollout)
    if stage is None:
        return None
    return Wanted(
        stage=stage,
        marks=marks_of(key, rollout),
        fence=Fence(rollout.epoch, rollout.process, rollout.goal),
        objects=objects,
        snapshot=snapshot,
        workloads=rollout.workloads,
        weight=weight(rollout),
        swap=_swap_of(rollout),
        keeps_deployment=rollout.keeps_deployment,
        is_last=_is_last(rollout),
    )


def stage_of(rollout: Rollout) -> Stage | None:
    match rollout.phase:
        case Phase.PROGRESSING if isinstance(current(rollout), ApplyManifests):
            return Stage.APPLY
        case Phase.PROGRESSING | Phase.LANDED:
            return _forward(rollout)
        case Phase.HELD if rollout.step > 1:
            return _forward(rollout)
        case Phase.HELD if rollout.step > 0:
            return Stage.APPLY
        case Phase.RETURNING:
            return Stage.RETURN
        case Phase.FINISHING:
            return Stage.FINISH
        case _:
            return None


def _is_last(rollout: Rollout) -> bool:
    """The step that brings the new version's last pod. With blue/green traffic and the old version's end come after."""
    step = current(rollout)
    if step is None or not asks_cluster(step):
        return False
    later = range(rollout.step + 1, len(rollout.steps))
    more = any(asks_cluster(rollout.steps[index]) and is_walked(rollout, index) for index in later)
    return isinstance(step, DeployGreen) or not more


def _forward(rollout: Rollout) -> Stage:
    return Stage.WEIGHT if swap(rollout) is None else Stage.SWAP


def _swap_of(rollout: Rollout) -> Swap | None:
    found = swap(rollout)
    return None if found is None else Swap(found.traffic_to_new, found.stable_runs)
