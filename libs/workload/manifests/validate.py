"""What in a target's manifests cannot be released, in words that name the object."""

from collections import Counter
from collections.abc import Iterator

from libs.workload.autoscaling.aims import aim_of, is_autoscaler
from libs.workload.kinds.objects import Object, at, identity, is_deployment, items, table, text
from libs.workload.manifests.convert import amount

_MOST_REPLICAS = 100_000


def problems(objects: tuple[Object, ...]) -> tuple[str, ...]:
    """Empty where everything can be released."""
    found = [problem for value in objects for problem in _problems(value)]
    counted = Counter(identity(value) for value in objects)
    found += [f"{where} is in the manifests {count} times" for where, count in counted.items() if count > 1]
    return (*found, *_autoscaled(objects))


def _problems(value: Object) -> Iterator[str]:
    where = identity(value)
    if not where.kind or not text(value, "apiVersion"):
        yield f"an object named {where.name!r} has no apiVersion or no kind"
    elif not where.name:
        yield f"a {where.kind} has no metadata.name; generateName makes a new object every time and is not supported"
    elif (where.group, where.kind) in (("apps", "ReplicaSet"), ("", "Pod")):
        yield f"{where}: a {where.kind} cannot be released by itself; use a Deployment"
    elif is_autoscaler(value) and text(value, "apiVersion") not in ("autoscaling/v1", "autoscaling/v2"):
        yield f"{where}: apiVersion {text(value, 'apiVersion')} is not served any more; use autoscaling/v2"
    elif is_deployment(value):
        yield from (f"{where}: {problem}" for problem in _deployment(value))


def _deployment(value: Object) -> Iterator[str]:
    spec = table(value, "spec")
    if text(value, "apiVersion") != "apps/v1":
        yield f"apiVersion {text(value, 'apiVersion')} is not served any more; use apps/v1"
    replicas = spec.get("replicas", 1)
    if not isinstance(replicas, int) or isinstance(replicas, bool) or not 0 <= replicas <= _MOST_REPLICAS:
        yield f"spec.replicas must be a whole number from 0 to {_MOST_REPLICAS}"
    elif at(spec, "strategy", "rollingUpdate") is not None:
        yield from _rolling(table(spec, "strategy", "rollingUpdate"), replicas)
    labels = table(spec, "template", "metadata", "labels")
    matched = table(spec, "selector", "matchLabels")
    if not matched and not items(spec, "selector", "matchExpressions"):
        yield "spec.selector is empty"
    if any(labels.get(name) != label for name, label in matched.items()):
        yield "spec.selector.matchLabels must be among the labels of spec.template"
    containers = items(spec, "template", "spec", "containers")
    if not containers or not all(isinstance(container, dict) for container in containers):
        yield "spec.template has no containers, or one that is not a mapping"


def _rolling(rolling: Object, replicas: int) -> Iterator[str]:
    for field in ("maxSurge", "maxUnavailable"):
        if field in rolling and amount(rolling[field], replicas, up=True) is None:
            yield f"spec.strategy.rollingUpdate.{field} must be a count or a percentage, not {rolling[field]!r}"


def _autoscaled(objects: tuple[Object, ...]) -> Iterator[str]:
    """Two that set one size would undo each other's work."""
    deployments = {identity(value) for value in objects if is_deployment(value)}
    aims = [(aim_of(value), value) for value in objects if is_autoscaler(value)]
    for aim, count in Counter(aim for aim, _ in aims).items():
        if count > 1 and aim in deployments:
            named = " and ".join(str(identity(value)) for one, value in aims if one == aim)
            yield f"{named} scale one {aim}: take all but one out of the manifests"
    names = {(where.namespace, where.name) for where in deployments}
    for value in objects:
        target = table(value, "spec", "scaleTargetRef")
        place = (text(value, "metadata", "namespace"), text(target, "name"))
        if _is_keda(value) and target.get("kind", "Deployment") == "Deployment" and place in names:
            yield (
                f"{identity(value)} scales Deployment {place[1]}, which Fairlead releases as ReplicaSets: KEDA's "
                "autoscaler is not supported on a released Deployment; use a HorizontalPodAutoscaler"
            )


def _is_keda(value: Object) -> bool:
    return (identity(value).group, identity(value).kind) == ("keda.sh", "ScaledObject")
