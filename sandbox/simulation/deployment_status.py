"""What does a Deployment say of itself: how many pods are where, is it available, does it get on?"""

from datetime import datetime, timedelta

from sandbox.objects.json import Object, at, instant, number, stamp, table, text
from sandbox.simulation.sizes import lack_of, sizes, wanted_of
from sandbox.simulation.step import condition, name_of, with_status


def status_of(
    deployment: Object, current: Object | None, sets: list[Object], now: datetime
) -> tuple[Object, float | None]:
    total = sum(number(found, "status", "replicas") for found in sets)
    available = sum(number(found, "status", "availableReplicas") for found in sets)
    counted = with_status(
        deployment,
        observedGeneration=number(deployment, "metadata", "generation"),
        replicas=total or None,
        updatedReplicas=(number(current, "status", "replicas") if current else 0) or None,
        terminatingReplicas=sum(number(found, "status", "terminatingReplicas") for found in sets),
        readyReplicas=sum(number(found, "status", "readyReplicas") for found in sets) or None,
        availableReplicas=available or None,
        unavailableReplicas=max(0, max(sizes(sets), wanted_of(deployment)) - available) or None,
    )
    progressing, wake_in = _progressing(deployment, counted, current, now)
    conditions = [_available(deployment, available, now), progressing]
    return with_status(counted, conditions=[item for item in conditions if item]), wake_in


def _available(deployment: Object, available: int, now: datetime) -> Object:
    if available >= wanted_of(deployment) - lack_of(deployment):
        told = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        told = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    return _condition(deployment, "Available", told, now)


def _condition(
    deployment: Object, kind: str, told: tuple[str, str, str], now: datetime, *, moved: bool = False
) -> Object:
    """The condition as it was, unless it says something else now."""
    status, reason, message = told
    before = condition(deployment, kind)
    same = before.get("status") == status
    if same and before.get("reason") == reason and before.get("message") == message and not moved:
        return before
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": stamp(now),
        "lastTransitionTime": before["lastTransitionTime"] if same else stamp(now),
    }


def _progressing(
    deployment: Object, counted: Object, current: Object | None, now: datetime
) -> tuple[Object, float | None]:
    """Done, on the way (look again at the deadline), or too late."""
    before = condition(deployment, "Progressing")
    if at(deployment, "spec", "paused") is True and before.get("reason") != "ProgressDeadlineExceeded":
        held = ("Unknown", "DeploymentPaused", "Deployment is paused")
        return _condition(deployment, "Progressing", held, now), None
    if current is None:
        return before, None
    name = name_of(current)
    if _is_complete(counted):
        done = ("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.')
        return _condition(deployment, "Progressing", done, now), None
    moved = _progress(counted) != _progress(deployment) or number(deployment, "status", "observedGeneration") != number(
        deployment, "metadata", "generation"
    )
    if not moved and before.get("reason") == "ProgressDeadlineExceeded":
        return before, None
    left = _time_left(deployment, before, now)
    if not moved and before and left <= 0:
        late = ("False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.')
        return _condition(deployment, "Progressing", late, now), None
    on_the_way = ("True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
    return _condition(deployment, "Progressing", on_the_way, now, moved=moved), max(left, 1.0)


def _progress(deployment: Object) -> tuple[int, ...]:
    fields = ("updatedReplicas", "readyReplicas", "availableReplicas", "replicas")
    return tuple(number(deployment, "status", field) for field in fields)


def _time_left(deployment: Object, before: Object, now: datetime) -> float:
    seconds = number(deployment, "spec", "progressDeadlineSeconds", default=600)
    since = instant(text(before, "lastUpdateTime")) if before else now
    return (since + timedelta(seconds=seconds) - now).total_seconds()


def _is_complete(deployment: Object) -> bool:
    wanted = wanted_of(deployment)
    status = table(deployment, "status")
    return all(status.get(name, 0) == wanted for name in ("updatedReplicas", "replicas", "availableReplicas"))
