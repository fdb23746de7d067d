"""What does a kubelet make of a pod, and when? A pod is at one stage; each stage has its delay and what comes after it.

WAITING -> STARTING -> RUNNING -> READY (-> UNREADY)        PULLING: the image cannot be had, tried again and again
                         |-> CRASHED -> RUNNING ...         UNSCHEDULABLE: no node takes it
                         |-> ENDED (a Job's pod)            ENDING -> gone: somebody deleted it
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from sandbox.objects.json import Object, at, items, number, placed, stamp, table, text
from sandbox.objects.kinds import POD
from sandbox.simulation.behaviour import Behaviour
from sandbox.simulation.step import Delete, Update, Write, condition, is_dying, with_status

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


class Kubelet(Struct, frozen=True):
    """What the stage of a pod is decided with: the time, the node it may go to, its address, how it behaves."""

    now: datetime
    behaviour: Behaviour
    node: str
    address: str


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
    return Stage.UNREADY if ready.get("reason") == "ProbeFailed" else Stage.RUNNING


def delay_of(stage: Stage, pod: Object, behaviour: Behaviour) -> float | None:
    """Seconds until the pod leaves this stage; None while it stays."""
    delay = _DELAYS.get(stage)
    return delay(pod, behaviour) if delay else None


def _ending_delay(pod: Object, _: Behaviour) -> float:
    return min(float(number(pod, "metadata", "deletionGracePeriodSeconds")), ENDING_SECONDS)


def _starting_delay(_: Object, behaviour: Behaviour) -> float:
    return behaviour.ready_seconds / 2


def _ready_delay(_: Object, behaviour: Behaviour) -> float | None:
    return 0.0 if behaviour.is_never_ready else behaviour.unready_after_seconds


def _crashed_delay(pod: Object, _: Behaviour) -> float:
    return min(float(2 ** min(_restarts(pod) - 1, 9)), LONGEST_BACK_OFF)


def _pulling_delay(pod: Object, behaviour: Behaviour) -> float | None:
    return 1.0 if not behaviour.is_unpullable or _reason(pod) == "ErrImagePull" else None


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


def _restarts(pod: Object) -> int:
    return max([number(status, "restartCount") for status in items(pod, "status", "containerStatuses")], default=0)


def _reason(pod: Object) -> str:
    reasons = [text(status, "state", "waiting", "reason") for status in items(pod, "status", "containerStatuses")]
    return next((reason for reason in reasons if reason), "")


def marks_of(pod: Object) -> tuple[str, str]:
    """What tells two stays at the same stage apart."""
    return (_reason(pod), str(_restarts(pod)))


def advance(pod: Object, stage: Stage, kubelet: Kubelet) -> Write:
    """The write that takes a pod out of its stage."""
    match stage:
        case Stage.ENDING:
            return Delete(POD, pod, grace_seconds=0)
        case Stage.WAITING | Stage.UNSCHEDULABLE:
            return Update(POD, _scheduled(pod, kubelet), "binding")
        case Stage.STARTING | Stage.PULLING if kubelet.behaviour.is_unpullable:
            return _status(_unpulled(pod))
        case Stage.STARTING | Stage.PULLING | Stage.CRASHED:
            return _status(_started(pod, kubelet.now))
        case Stage.RUNNING if kubelet.behaviour.is_crashing or _works_to_an_end(pod):
            return _status(_run_out(pod, kubelet))
        case Stage.RUNNING | Stage.UNREADY:
            return _status(_readied(pod, kubelet.now, is_ready=True))
        case _:
            return _status(_readied(pod, kubelet.now, is_ready=False))


def _run_out(pod: Object, kubelet: Kubelet) -> Object:
    """Its containers stopped: for good, or to be started again."""
    is_crash = kubelet.behaviour.is_crashing
    if is_crash and text(pod, "spec", "restartPolicy") != "Never":
        return _crashed(pod, kubelet.now)
    return _ended(pod, kubelet.now, has_failed=is_crash)


def _status(pod: Object) -> Update:
    return Update(POD, pod, "status")


def _condition(kind: str, is_true: bool, now: datetime, reason: str = "", message: str = "") -> Object:
    told = {"reason": reason, "message": message}
    return {
        "type": kind,
        "status": "True" if is_true else "False",
        "lastProbeTime": None,
        "lastTransitionTime": stamp(now),
        **{name: value for name, value in told.items() if value},
    }


def _scheduled(pod: Object, kubelet: Kubelet) -> Object:
    node = text(pod, "spec", "nodeName") or kubelet.node
    if kubelet.behaviour.is_pending or not node:
        message = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available"
        unplaced = _condition("PodScheduled", False, kubelet.now, "Unschedulable", message)
        return with_status(pod, phase="Pending", conditions=[unplaced])
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    return with_status(
        placed(pod, ("spec", "nodeName"), node),
        phase="Pending",
        hostIP=_node_address(node),
        podIP=kubelet.address,
        podIPs=[{"ip": kubelet.address}],
        startTime=stamp(kubelet.now),
        conditions=_conditions(kubelet.now, is_ready=False),
        containerStatuses=[_container(item, waiting) for item in items(pod, "spec", "containers")],
    )


def _node_address(node: str) -> str:
    digest = sha256(node.encode()).digest()
    return f"10.0.{digest[0]}.{digest[1]}"


def _conditions(now: datetime, *, is_ready: bool, reason: str = "") -> list[Object]:
    why = "" if is_ready else reason or "ContainersNotReady"
    return [
        _condition("PodReadyToStartContainers", True, now),
        _condition("Initialized", True, now),
        _condition("Ready", is_ready, now, why),
        _condition("ContainersReady", is_ready, now, why),
        _condition("PodScheduled", True, now),
    ]


def _container(container: Object, state: Object, *, restarts: int = 0, is_ready: bool = False) -> Object:
    image = text(container, "image")
    runs = "running" in state
    return {
        "name": text(container, "name"),
        "image": image,
        "imageID": image_id(image) if runs else "",
        "containerID": f"containerd://{sha256(f'{image}{restarts}'.encode()).hexdigest()}" if runs else "",
        "state": state,
        "lastState": {},
        "ready": is_ready,
        "started": runs,
        "restartCount": restarts,
    }


def image_id(image: str) -> str:
    """The digest form that a registry would answer; the same image always has the same one."""
    repository, _, digest = image.partition("@")
    if digest:
        return image
    head, slash, tail = repository.rpartition("/")
    return f"{head}{slash}{tail.partition(':')[0]}@sha256:{sha256(image.encode()).hexdigest()}"


def _with_containers(pod: Object, state: Object, *, restarts: int, is_ready: bool = False) -> list[Object]:
    containers = items(pod, "spec", "containers")
    return [_container(item, state, restarts=restarts, is_ready=is_ready) for item in containers]


def _started(pod: Object, now: datetime) -> Object:
    running = {"running": {"startedAt": stamp(now)}}
    statuses = _with_containers(pod, running, restarts=_restarts(pod))
    return with_status(pod, phase="Running", containerStatuses=statuses)


def _unpulled(pod: Object) -> Object:
    """The first failure, then the back-off in which a kubelet waits before it tries again."""
    image = text(next(iter(items(pod, "spec", "containers")), {}), "image")
    if _reason(pod) == "ErrImagePull":
        reason, message = "ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull'
    else:
        reason = "ErrImagePull"
        message = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": not found'
    waiting = {"waiting": {"reason": reason, "message": message}}
    return with_status(pod, containerStatuses=_with_containers(pod, waiting, restarts=0))


def _readied(pod: Object, now: datetime, *, is_ready: bool) -> Object:
    statuses = [{**status, "ready": is_ready} for status in items(pod, "status", "containerStatuses")]
    kept = {item["type"]: item for item in items(pod, "status", "conditions")}
    fresh = _conditions(now, is_ready=is_ready, reason="ProbeFailed")
    conditions = [
        item if item["type"] in {"Ready", "ContainersReady"} else kept.get(item["type"], item) for item in fresh
    ]
    return with_status(pod, containerStatuses=statuses, conditions=conditions)


def _crashed(pod: Object, now: datetime) -> Object:
    restarts = _restarts(pod) + 1
    name = text(next(iter(items(pod, "spec", "containers")), {}), "name")
    told = f"back-off restarting failed container={name} pod={text(pod, 'metadata', 'name')}"
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": told}}
    last = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": stamp(now)}}
    statuses = [{**status, "lastState": last} for status in _with_containers(pod, waiting, restarts=restarts)]
    return with_status(pod, containerStatuses=statuses)


def _ended(pod: Object, now: datetime, *, has_failed: bool = False) -> Object:
    code, reason, phase = (1, "Error", "Failed") if has_failed else (0, "Completed", "Succeeded")
    over = {"terminated": {"exitCode": code, "reason": reason, "finishedAt": stamp(now)}}
    conditions = _conditions(now, is_ready=False, reason=f"Pod{'Failed' if has_failed else 'Completed'}")
    statuses = _with_containers(pod, over, restarts=_restarts(pod))
    return with_status(pod, phase=phase, conditions=conditions, containerStatuses=statuses)


def is_ready(pod: Object) -> bool:
    return at(condition(pod, "Ready"), "status") == "True" and not is_dying(pod)


def is_active(pod: Object) -> bool:
    """Counts towards its controller's replicas."""
    return not is_dying(pod) and text(pod, "status", "phase") not in {"Succeeded", "Failed"}
