"""What does a kubelet write about a pod as it is placed, started, ready, crashed or done?"""

from datetime import datetime
from hashlib import sha256

from msgspec import Struct

from sandbox.objects.json import Object, items, number, placed, stamp, text
from sandbox.simulation.behaviour import Behaviour
from sandbox.simulation.step import with_status

PROBE_FAILED = "ProbeFailed"
"""Why a pod that runs is not ready any more."""


class Kubelet(Struct, frozen=True):
    """What the stage of a pod is decided with: the time, the node it may go to, its address, how it behaves."""

    now: datetime
    behaviour: Behaviour
    node: str
    address: str


def _condition(kind: str, is_true: bool, now: datetime, reason: str = "", message: str = "") -> Object:
    told = {"reason": reason, "message": message}
    return {
        "type": kind,
        "status": "True" if is_true else "False",
        "lastProbeTime": None,
        "lastTransitionTime": stamp(now),
        **{name: value for name, value in told.items() if value},
    }


def scheduled(pod: Object, kubelet: Kubelet) -> Object:
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


def started(pod: Object, now: datetime) -> Object:
    running = {"running": {"startedAt": stamp(now)}}
    statuses = _with_containers(pod, running, restarts=restarts_of(pod))
    return with_status(pod, phase="Running", containerStatuses=statuses)


def unpulled(pod: Object) -> Object:
    """The first failure, then the back-off in which a kubelet waits before it tries again."""
    image = text(next(iter(items(pod, "spec", "containers")), {}), "image")
    if reason_of(pod) == "ErrImagePull":
        reason, message = "ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull'
    else:
        reason = "ErrImagePull"
        message = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": not found'
    waiting = {"waiting": {"reason": reason, "message": message}}
    return with_status(pod, containerStatuses=_with_containers(pod, waiting, restarts=0))


def readied(pod: Object, now: datetime, *, is_ready: bool, reason: str = PROBE_FAILED) -> Object:
    statuses = [{**status, "ready": is_ready} for status in items(pod, "status", "containerStatuses")]
    kept = {item["type"]: item for item in items(pod, "status", "conditions")}
    fresh = _conditions(now, is_ready=is_ready, reason=reason)
    conditions = [
        item if item["type"] in {"Ready", "ContainersReady"} else kept.get(item["type"], item) for item in fresh
    ]
    return with_status(pod, containerStatuses=statuses, conditions=conditions)


def crashed(pod: Object, now: datetime) -> Object:
    restarts = restarts_of(pod) + 1
    name = text(next(iter(items(pod, "spec", "containers")), {}), "name")
    told = f"back-off restarting failed container={name} pod={text(pod, 'metadata', 'name')}"
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": told}}
    last = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": stamp(now)}}
    statuses = [{**status, "lastState": last} for status in _with_containers(pod, waiting, restarts=restarts)]
    return with_status(readied(pod, now, is_ready=False, reason=""), containerStatuses=statuses)


def ended(pod: Object, now: datetime, *, has_failed: bool = False) -> Object:
    code, reason, phase = (1, "Error", "Failed") if has_failed else (0, "Completed", "Succeeded")
    over = {"terminated": {"exitCode": code, "reason": reason, "finishedAt": stamp(now)}}
    conditions = _conditions(now, is_ready=False, reason=f"Pod{'Failed' if has_failed else 'Completed'}")
    statuses = _with_containers(pod, over, restarts=restarts_of(pod))
    return with_status(pod, phase=phase, conditions=conditions, containerStatuses=statuses)


def restarts_of(pod: Object) -> int:
    return max([number(status, "restartCount") for status in items(pod, "status", "containerStatuses")], default=0)


def reason_of(pod: Object) -> str:
    reasons = [text(status, "state", "waiting", "reason") for status in items(pod, "status", "containerStatuses")]
    return next((reason for reason in reasons if reason), "")
