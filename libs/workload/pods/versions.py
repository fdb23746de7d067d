"""Which ReplicaSets are versions of a Deployment: those that rollouts made of it, and its own."""

from collections.abc import Iterator

from libs.workload.dialogue.wanted import Problem, Seen
from libs.workload.kinds.naming import APPLICATION, ENVIRONMENT, MANAGED_LABEL, WORKLOAD, Marks
from libs.workload.kinds.objects import Identity, Object, annotation, identity, is_leaving, items, number, table, text
from libs.workload.manifests.convert import replica_set_name
from libs.workload.pods.fleet import belongs_to, side_of
from libs.workload.pods.moving import revision_of

_OPERATORS = {
    "In": "{key} in ({values})",
    "NotIn": "{key} notin ({values})",
    "Exists": "{key}",
    "DoesNotExist": "!{key}",
}


def owned_list(deployment: Identity) -> Identity:
    """Where the list of a Deployment's ReplicaSets is kept among what is seen."""
    return Identity("apps", "ReplicaSetList", deployment.namespace, deployment.name)


def versions_list(namespace: str) -> Identity:
    """Where the list of all versions that rollouts made in a namespace is kept among what is seen."""
    return Identity("apps", "ReplicaSetList", namespace, "")


def selector_of(deployment: Object) -> str:
    """The Deployment's selector as a label selector of the API."""
    terms = [f"{name}={value}" for name, value in table(deployment, "spec", "selector", "matchLabels").items()]
    for expression in items(deployment, "spec", "selector", "matchExpressions"):
        form = _OPERATORS.get(text(expression, "operator"), "{key}")
        terms.append(form.format(key=text(expression, "key"), values=",".join(map(str, items(expression, "values")))))
    return ",".join(terms)


def versions_of(deployment: Object, seen: Seen, marks: Marks) -> list[Object]:
    """Every earlier version, in the order in which they give way: the least whole first, then the oldest."""
    versions = {identity(live): live for live in (*_marked(deployment, seen, marks), *_owned(deployment, seen))}
    return sorted(
        versions.values(),
        key=lambda live: (usable_pods(live, seen), revision_of(live), text(live, "metadata", "name")),
    )


def stranger(deployment: Object, seen: Seen, marks: Marks) -> Problem | None:
    """A live version of this very Deployment that another application or target made: both would serve its traffic."""
    where = identity(deployment)
    for found, live in _made(seen, where.namespace):
        if annotation(live, WORKLOAD) != where.name or size(live) <= 0:
            continue
        if not belongs_to(live, marks) and not is_leaving(live):
            whose = f"application {annotation(live, APPLICATION)!r}, target {annotation(live, ENVIRONMENT)!r}"
            return Problem(
                f"{where} is deployed by {whose} ({found} has {size(live)} pods): deploy it under that name, "
                "choose another namespace, or delete that ReplicaSet first"
            )
    return None


def size(live: Object) -> int:
    return number(live, "spec", "replicas", default=1)


def usable_pods(live: Object, seen: Seen) -> int:
    return side_of(live, seen.pods.get(identity(live), ())).usable


def _marked(deployment: Object, seen: Seen, marks: Marks) -> Iterator[Object]:
    """ReplicaSets that earlier rollouts of this application and target made of this Deployment."""
    where = identity(deployment)
    new = replica_set_name(deployment, marks)
    for found, live in _made(seen, where.namespace):
        is_version = annotation(live, WORKLOAD) == where.name and belongs_to(live, marks)
        if is_version and found.name != new and not is_leaving(live):
            yield live


def _made(seen: Seen, namespace: str) -> Iterator[tuple[Identity, Object]]:
    """ReplicaSets of a namespace, without those that are still shown and were not listed any more."""
    listed = seen.objects.get(versions_list(namespace))
    is_whole = listed is not None and not text(listed, "metadata", "continue")
    names = {text(item, "metadata", "name") for item in items(listed, "items")} if is_whole else None
    for found, live in seen.objects.items():
        if live is None or (found.group, found.kind, found.namespace) != ("apps", "ReplicaSet", namespace):
            continue
        if names is None or found.name in names or MANAGED_LABEL not in table(live, "metadata", "labels"):
            yield found, live


def _owned(deployment: Object, seen: Seen) -> Iterator[Object]:
    """ReplicaSets with pods that a live Deployment of this name made; its history without pods is not ours."""
    live = seen.objects.get(identity(deployment))
    listed = items(seen.objects.get(owned_list(identity(deployment))), "items") if live is not None else []
    for replica_set in listed:
        uids = [text(owner, "uid") for owner in items(replica_set, "metadata", "ownerReferences")]
        if text(live, "metadata", "uid") in uids and size(replica_set) and not is_leaving(replica_set):
            yield {**replica_set, "apiVersion": "apps/v1", "kind": "ReplicaSet"}
