"""Why are a version's pods not available? The answer that people need, most severe first, short."""

from collections import Counter
from collections.abc import Sequence

from libs.workload.kinds.objects import Object, at, is_leaving, items, number, table, text
from libs.workload.pods.fleet import is_ready

_LENGTH = 240
_SHOWN = 2

_IMAGE = ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
_START = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError")

Found = tuple[int, str]
"""How severe, low first, and the words."""


def why_not(replica_set: Object, pods: Sequence[Object]) -> str:
    """Empty where nothing is wrong but that pods take their time."""
    counted = Counter(found for pod in pods if not is_leaving(pod) and not is_ready(pod) for found in _worst(pod))
    reasons = [f"{words} ({count} pods)" if count > 1 else words for (_, words), count in sorted(counted.items())]
    return "; ".join([*_refused(replica_set), *reasons][:_SHOWN])


def _refused(replica_set: Object) -> list[str]:
    """The cluster does not let the pods be made: a quota, a limit, an admission webhook."""
    failing = _condition(replica_set, "ReplicaFailure")
    return [_short(f"pods are refused: {text(failing, 'message')}")] if failing.get("status") == "True" else []


def _worst(pod: Object) -> list[Found]:
    found = [state for status in _containers(pod) for state in _container(status, pod)]
    if text(pod, "status", "phase") == "Failed":
        found.append(
            (2, _short(f"pod failed: {text(pod, 'status', 'reason')} {text(pod, 'status', 'message')}".strip()))
        )
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        found.append((3, _short(f"cannot be scheduled: {text(scheduled, 'message') or text(scheduled, 'reason')}")))
    return sorted(found)[:1]


def _containers(pod: Object) -> list[Object]:
    return [*items(pod, "status", "initContainerStatuses"), *items(pod, "status", "containerStatuses")]


def _container(status: Object, pod: Object) -> list[Found]:
    name = text(status, "name")
    waiting = table(status, "state", "waiting")
    reason = text(waiting, "reason")
    if reason in _IMAGE:
        image = text(status, "image") or _image(pod, name)
        return [(0, _short(f"{reason}: image {image!r}: {text(waiting, 'message')}".rstrip(": ")))]
    if reason in _START:
        return [(0, _short(f"{reason}: container {name!r}: {text(waiting, 'message')}".rstrip(": ")))]
    if reason == "CrashLoopBackOff":
        return [
            (1, _short(f"CrashLoopBackOff: container {name!r} {_ending(table(status, 'lastState', 'terminated'))}"))
        ]
    if number(status, "state", "terminated", "exitCode"):
        return [(1, _short(f"container {name!r} {_ending(table(status, 'state', 'terminated'))}"))]
    return _unready(status, name)


def _unready(status: Object, name: str) -> list[Found]:
    if not table(status, "state", "running") or at(status, "ready") is True:
        return []
    restarted = number(status, "restartCount")
    if restarted:
        ending = _ending(table(status, "lastState", "terminated"))
        return [(4, _short(f"container {name!r} restarted {restarted} times, last {ending}"))]
    if at(status, "started") is True:
        return [(5, f"container {name!r} runs but its readiness probe does not pass")]
    return []


def _ending(terminated: Object) -> str:
    said = text(terminated, "message").strip().splitlines()
    words = f"ended with exit code {number(terminated, 'exitCode')} ({text(terminated, 'reason') or 'no reason given'})"
    return f"{words}: {said[-1]}" if said else words


def _image(pod: Object, name: str) -> str:
    containers = [*items(pod, "spec", "initContainers"), *items(pod, "spec", "containers")]
    return next((text(container, "image") for container in containers if at(container, "name") == name), "")


def _condition(value: Object, kind: str) -> Object:
    return next((found for found in items(value, "status", "conditions") if at(found, "type") == kind), {})


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LENGTH else line[: _LENGTH - 1] + "…"
