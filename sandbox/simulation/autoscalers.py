"""What does the autoscaler do where nobody measures: it holds its workload between the least and the most."""

from datetime import datetime

from sandbox.objects.json import Object, at, number, placed, stamp, text
from sandbox.objects.kinds import AUTOSCALER, Kind
from sandbox.simulation.step import Outcome, Update, Write, condition, is_dying, with_status

_UNMEASURED = (
    "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for "
    "resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource "
    "(get pods.metrics.k8s.io)"
)


def step(scaler: Object, kind: Kind | None, target: Object | None, now: datetime) -> Outcome:
    """`target` is what it steers, of the `kind` it names, where there is such a thing."""
    if is_dying(scaler):
        return Outcome()
    if kind is None or target is None:
        name = text(scaler, "spec", "scaleTargetRef", "name")
        told = ("False", "FailedGetScale", f"the HPA controller was unable to get the target's current scale: {name}")
        return _told(scaler, _with(scaler, [("AbleToScale", *told)], now))
    size = number(target, "spec", "replicas", default=1)
    wanted = desired(scaler, size)
    status = _status(scaler, size, wanted, now)
    resized: list[Write] = []
    if wanted != size:
        resized.append(Update(kind, placed(target, ("spec", "replicas"), wanted), "scale"))
    return Outcome((*resized, *_told(scaler, status).writes))


def desired(scaler: Object, size: int) -> int:
    """A workload at zero is switched off, and stays so."""
    if size == 0:
        return 0
    return max(number(scaler, "spec", "minReplicas", default=1), min(size, number(scaler, "spec", "maxReplicas")))


def _status(scaler: Object, size: int, wanted: int, now: datetime) -> Object:
    if size == 0:
        told = ("False", "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
        conditions = [_able(), ("ScalingActive", *told)]
    elif wanted != size:
        done = f"the HPA controller was able to update the target scale to {wanted}"
        conditions = [("AbleToScale", "True", "SucceededRescale", done)]
    else:
        conditions = [_able(), ("ScalingActive", "False", "FailedGetResourceMetric", _UNMEASURED)]
    moved = {"lastScaleTime": stamp(now)} if wanted != size else {}
    return with_status(_with(scaler, conditions, now), currentReplicas=size, desiredReplicas=wanted, **moved)


def _able() -> tuple[str, str, str, str]:
    return ("AbleToScale", "True", "SucceededGetScale", "the HPA controller was able to get the target's current scale")


def _with(scaler: Object, told: list[tuple[str, str, str, str]], now: datetime) -> Object:
    """The conditions that are told now, those that were there before in their place."""
    kept = {str(one.get("type")): one for one in at(scaler, "status", "conditions") or ()}
    for kind, status, reason, message in told:
        before = condition(scaler, kind)
        since = before["lastTransitionTime"] if before.get("status") == status else stamp(now)
        kept[kind] = {
            "type": kind,
            "status": status,
            "lastTransitionTime": since,
            "reason": reason,
            "message": message,
        }
    return with_status(scaler, conditions=list(kept.values()))


def _told(scaler: Object, status: Object) -> Outcome:
    return Outcome() if status == scaler else Outcome((Update(AUTOSCALER, status, "status"),))
