"""What does a kubelet make of a pod, and when? A pod is at one stage; each stage has its delay and what comes after it.

WAITING -> STARTING -> RUNNING -> READY (-> UNREADY)        PULLING: the image cannot be had, tried again and again
                         |-> CRASHED -> RUNNING ...         UNSCHEDULABLE: no node takes it
                         |-> ENDED (a Job's pod)            ENDING -> gone: somebody deleted it
"""

from collections.abc import Callable
from enum import StrEnum

from sandbox.objects.json import Object, items, number, table, text
from sandbox.objects.kinds import POD
from sandbox.simulation import pod_status
from sandbox.simulation.behaviour import Behaviour
from sandbox.simulation.pod_status import Kubelet
from sandbox.simulation.step import Delete, Update, Write, condition, is_dying

LONGEST_BACK_OFF = 300.0
ENDING_SECONDS = 0.05
WORK_SECONDS = 0.5


class Stage(StrEnum):
    WAITING = "waiting"
    UNSCHEDULABLE = "unschedulable"
    STARTING = "starting"
    PULLING = "pulling"
    RUNNING = "running"
    READY = "ready"
    UNREADY = "unready"
    CRASHED = "crashed"
    ENDING = "ending"
    ENDED = "ended"


def stage_of(pod: Object) -> Stage:
    if is_dying(pod):
        return Stage.ENDING
    if text(pod, "status", "phase") in {"Succeeded", "Failed"}:
        return Stage.ENDED
    if not condition(pod, "PodScheduled"):
        return Stage.WAITING
    if not text(pod, "spec", "nodeName"):
        return Stage.UNSCHEDULABLE
    return _running_stage(pod)


def _running_stage(pod: Object) -> Stage:
    states = [table(status, "state") for status in items(pod, "status", "containerStatuses")]
    reasons = {text(state, "waiting", "reason") for state in states}
    if reasons & {"ErrImagePull", "ImagePullBackOff"}:
        return Stage.PULLING
    if "CrashLoopBackOff" in reasons:
        return Stage.CRASHED
    if not states or "ContainerCreating" in reasons:
        return Stage.STARTING
    ready = condition(pod, "Ready")
    if ready.get("status") == "True":
        return Stage.READY
    return Stage.UNREADY if ready.get("reason") == pod_status.PROBE_FAILED else Stage.RUNNING


def delay_of(stage: Stage, pod: Object, behaviour: Behaviour) -> float | None:
    """Seconds until the pod leaves this stage; None while it stays."""
    delay = _DELAYS.get(stage)
    return delay(pod, behaviour) if delay else None


def _ending_delay(pod: Object, _: Behaviour) -> float:
    return min(float(number(pod, "metadata", "deletionGracePeriodSeconds")), ENDING_SECONDS)


def _starting_delay(_: Object, behaviour: Behaviour) -> float:
    return behaviour.ready_seconds / 2


def _ready_delay(_: Object, behaviour: Behaviour) -> float | None:
    if behaviour.is_crashing:
        return behaviour.ready_seconds / 2
    return 0.0 if behaviour.is_never_ready else behaviour.unready_after_seconds


def _crashed_delay(pod: Object, _: Behaviour) -> float:
    return min(float(2 ** min(pod_status.restarts_of(pod) - 1, 9)), LONGEST_BACK_OFF)


def _pulling_delay(pod: Object, behaviour: Behaviour) -> float | None:
    return 1.0 if not behaviour.is_unpullable or pod_status.reason_of(pod) == "ErrImagePull" else None


def _unschedulable_delay(_: Object, behaviour: Behaviour) -> float | None:
    return None if behaviour.is_pending else 0.0


def _unready_delay(_: Object, behaviour: Behaviour) -> float | None:
    return None if behaviour.unready_after_seconds is not None or behaviour.is_never_ready else 0.0


def _running_delay(pod: Object, behaviour: Behaviour) -> float | None:
    if behaviour.is_crashing:
        return behaviour.ready_seconds / 2
    if _works_to_an_end(pod):
        return behaviour.work_seconds if behaviour.work_seconds is not None else WORK_SECONDS
    return None if behaviour.is_never_ready else behaviour.ready_seconds / 2 + behaviour.start_seconds


_DELAYS: dict[Stage, Callable[[Object, Behaviour], float | None]] = {
    Stage.WAITING: lambda _, __: 0.0,
    Stage.UNSCHEDULABLE: _unschedulable_delay,
    Stage.STARTING: _starting_delay,
    Stage.PULLING: _pulling_delay,
    Stage.RUNNING: _running_delay,
    Stage.READY: _ready_delay,
    Stage.UNREADY: _unready_delay,
    Stage.CRASHED: _crashed_delay,
    Stage.ENDING: _ending_delay,
}


def _works_to_an_end(pod: Object) -> bool:
    return text(pod, "spec", "restartPolicy") in {"Never", "OnFailure"}


def marks_of(pod: Object) -> tuple[str, str]:
    """What tells two stays at the same stage apart."""
    return (pod_status.reason_of(pod), str(pod_status.restarts_of(pod)))


def advance(pod: Object, stage: Stage, kubelet: Kubelet) -> Write:
    """The write that takes a pod out of its stage."""
    match stage:
        case Stage.ENDING:
            return Delete(POD, pod, grace_seconds=0)
        case Stage.WAITING | Stage.UNSCHEDULABLE:
            return Update(POD, pod_status.scheduled(pod, kubelet), "binding")
        case Stage.STARTING | Stage.PULLING if kubelet.behaviour.is_unpullable:
            return _status(pod_status.unpulled(pod))
        case Stage.STARTING | Stage.PULLING | Stage.CRASHED:
            return _status(pod_status.started(pod, kubelet.now))
        case Stage.RUNNING | Stage.READY if kubelet.behaviour.is_crashing or _works_to_an_end(pod):
            return _status(_run_out(pod, kubelet))
        case Stage.RUNNING | Stage.UNREADY:
            return _status(pod_status.readied(pod, kubelet.now, is_ready=True))
        case _:
            return _status(pod_status.readied(pod, kubelet.now, is_ready=False))


def _run_out(pod: Object, kubelet: Kubelet) -> Object:
    """Its containers stopped: for good, or to be started again."""
    is_crash = kubelet.behaviour.is_crashing
    if is_crash and text(pod, "spec", "restartPolicy") != "Never":
        return pod_status.crashed(pod, kubelet.now)
    return pod_status.ended(pod, kubelet.now, has_failed=is_crash)


def _status(pod: Object) -> Update:
    return Update(POD, pod, "status")


def condition_holds(pod: Object, kind: str) -> bool:
    return text(condition(pod, kind), "status") == "True"


def is_ready(pod: Object) -> bool:
    return condition_holds(pod, "Ready") and not is_dying(pod)


def is_active(pod: Object) -> bool:
    """Counts towards its controller's replicas."""
    return not is_dying(pod) and not has_ended(pod)


def has_ended(pod: Object) -> bool:
    return text(pod, "status", "phase") in {"Succeeded", "Failed"}
