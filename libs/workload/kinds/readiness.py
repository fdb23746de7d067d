"""Is an applied object ready, and if not, what is it waiting for?"""

from collections.abc import Callable

from libs.workload.kinds.objects import Object, at, identity, items, number, text


def unready(live: Object) -> str:
    """What an object still waits for; empty where it is ready."""
    observed = at(live, "status", "observedGeneration")
    if isinstance(observed, int) and observed < number(live, "metadata", "generation"):
        return "its controller has not seen the change yet"
    found = identity(live)
    return _RULES.get((found.group, found.kind), _by_conditions)(live)


def is_waited_for(value: Object) -> bool:
    """Kinds that a rollout waits for before it goes on. None of these needs the rollout's own pods."""
    found = identity(value)
    return (found.group, found.kind) in _WAITED


def is_waited_for_last(value: Object) -> bool:
    """Kinds whose controller may be among the rollout's own pods: waited for once these are there.

    A claim without a volume and a Service without an address are waited for by nobody. The pods that use the claim say
    so themselves, and one that nothing uses may never have a volume; where no controller gives addresses, none comes.
    """
    found = identity(value)
    is_custom = "." in found.group and not found.group.endswith(".k8s.io")
    return is_custom or (found.group, found.kind) == ("apiregistration.k8s.io", "APIService")


def holds_up(value: Object) -> bool:
    """Kinds that objects of later ranks cannot be made without."""
    return value.get("kind") in ("Namespace", "CustomResourceDefinition")


def _namespace(live: Object) -> str:
    phase = text(live, "status", "phase")
    return "" if phase == "Active" else f"its phase is {phase or 'unknown'}"


def _definition(live: Object) -> str:
    refused = _condition(live, "NamesAccepted")
    if text(refused, "status") == "False":
        return text(refused, "message") or "its names are not accepted"
    return "" if text(_condition(live, "Established"), "status") == "True" else "it is not established yet"


def _stateful_set(live: Object) -> str:
    replicas = number(live, "spec", "replicas", default=1)
    if text(live, "spec", "updateStrategy", "type") != "OnDelete":
        updated = number(live, "status", "updatedReplicas")
        wanted = max(0, replicas - number(live, "spec", "updateStrategy", "rollingUpdate", "partition"))
        if updated < wanted:
            return f"{updated} of {wanted} pods are updated"
    ready = number(live, "status", "readyReplicas")
    return "" if ready >= replicas else f"{ready} of {replicas} pods are ready"


def _daemon_set(live: Object) -> str:
    if at(live, "status", "desiredNumberScheduled") is None:
        return "its controller has not seen it yet"
    wanted = number(live, "status", "desiredNumberScheduled")
    updated, available = number(live, "status", "updatedNumberScheduled"), number(live, "status", "numberAvailable")
    if text(live, "spec", "updateStrategy", "type") != "OnDelete" and updated < wanted:
        return f"{updated} of {wanted} pods are updated"
    return "" if available >= wanted else f"{available} of {wanted} pods are available"


def _job(live: Object) -> str:
    """Running is enough: a Job may need the pods that come after it. One that failed never becomes ready."""
    failed = _condition(live, "Failed")
    return f"the Job failed: {text(failed, 'message')}".rstrip(": ") if text(failed, "status") == "True" else ""


def _pod_replicas(live: Object) -> str:
    wanted, available = number(live, "spec", "replicas", default=1), number(live, "status", "availableReplicas")
    return "" if available >= wanted else f"{available} of {wanted} pods are available"


def _api(live: Object) -> str:
    available = _condition(live, "Available")
    return "" if text(available, "status") == "True" else _said(available) or "it is not available yet"


def _by_conditions(live: Object) -> str:
    """What custom resources agree on: what is abnormal is true, what is ready is true, and silence is consent."""
    stalled, busy, ready = (_condition(live, kind) for kind in ("Stalled", "Reconciling", "Ready"))
    if text(stalled, "status") == "True":
        return f"it is stalled: {_said(stalled)}".removesuffix(": ")
    if text(busy, "status") == "True":
        return _said(busy) or "it is being reconciled"
    if ready and text(ready, "status") != "True":
        return _said(ready) or "it is not ready yet"
    return ""


def _said(condition: Object) -> str:
    return text(condition, "message") or text(condition, "reason")


def _condition(live: Object, kind: str) -> Object:
    return next((found for found in items(live, "status", "conditions") if at(found, "type") == kind), {})


_RULES: dict[tuple[str, str], Callable[[Object], str]] = {
    ("", "Namespace"): _namespace,
    ("", "ReplicationController"): _pod_replicas,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _api,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
}
_WAITED = {
    ("", "Namespace"),
    ("", "ReplicationController"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apps", "DaemonSet"),
    ("apps", "StatefulSet"),
    ("batch", "Job"),
}
