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
    """Kinds that a rollout waits for. Others may need the rollout's own pods before they become ready."""
    found = identity(value)
    return (found.group, found.kind) in _WAITED


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


def _claim(live: Object) -> str:
    phase = text(live, "status", "phase")
    return "its volume is lost" if phase == "Lost" else ""


def _pod_replicas(live: Object) -> str:
    wanted, available = number(live, "spec", "replicas", default=1), number(live, "status", "availableReplicas")
    return "" if available >= wanted else f"{available} of {wanted} pods are available"


def _balancer(live: Object) -> str:
    waits = text(live, "spec", "type") == "LoadBalancer" and not items(live, "status", "loadBalancer", "ingress")
    return "its load balancer has no address yet" if waits else ""


def _by_conditions(live: Object) -> str:
    for kind in ("Ready", "Available", "Established"):
        condition = _condition(live, kind)
        if text(condition, "status") == "False":
            return text(condition, "message") or text(condition, "reason") or f"its condition {kind} is false"
    return ""


def _condition(live: Object, kind: str) -> Object:
    return next((found for found in items(live, "status", "conditions") if at(found, "type") == kind), {})


_RULES: dict[tuple[str, str], Callable[[Object], str]] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "ReplicationController"): _pod_replicas,
    ("", "Service"): _balancer,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _pod_replicas,
    ("apps", "ReplicaSet"): _pod_replicas,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
}
_WAITED = {
    ("", "Namespace"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apps", "DaemonSet"),
    ("apps", "StatefulSet"),
    ("batch", "Job"),
}
