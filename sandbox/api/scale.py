"""What is a workload's `scale`: its size and its selector, read and written as an object of its own?"""

from sandbox.objects import refusals
from sandbox.objects.causes import bad_value
from sandbox.objects.json import Object, at, items, number, placed, table, text
from sandbox.objects.kinds import Kind
from sandbox.objects.refusals import bad_request

SCALE = Kind(name="Scale", plural="scales", group="autoscaling")
_TOO_SMALL = "must be greater than or equal to 0"


def scale_of(value: Object) -> Object:
    metadata = {
        name: at(value, "metadata", name)
        for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    }
    size = number(value, "spec", "replicas", default=1)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: item for name, item in metadata.items() if item is not None},
        "spec": {"replicas": size} if size else {},
        "status": {"replicas": number(value, "status", "replicas"), "selector": _selector(value)},
    }


def _selector(value: Object) -> str:
    exact = [f"{key}={item}" for key, item in sorted(table(value, "spec", "selector", "matchLabels").items())]
    return ",".join([*exact, *(_expression(term) for term in items(value, "spec", "selector", "matchExpressions"))])


def _expression(term: Object) -> str:
    key, values = text(term, "key"), ",".join(term.get("values") or ())
    match text(term, "operator"):
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "Exists":
            return key
        case _:
            return f"!{key}"


def resized(value: Object, scale: Object) -> Object:
    """The workload at the size of a written scale, bound to the version that the writer saw."""
    size = at(scale, "spec", "replicas") or 0
    if not isinstance(size, int) or isinstance(size, bool):
        raise bad_request("Scale: spec.replicas must be a number")
    if size < 0:
        raise refusals.invalid(SCALE, text(value, "metadata", "name"), [bad_value("spec.replicas", size, _TOO_SMALL)])
    version = text(scale, "metadata", "resourceVersion")
    return placed(placed(value, ("spec", "replicas"), size), ("metadata", "resourceVersion"), version or None)
