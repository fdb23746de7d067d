"""What was there before a rollout changed anything: the stable version, and every object as it was."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from libs.messages.rollout import Version, Workload
from libs.plan.model import ServicePair
from libs.workload.autoscaling.aims import sized
from libs.workload.autoscaling.finding import autoscaler_requests, found_autoscalers
from libs.workload.dialogue.requests import list_replica_sets, read
from libs.workload.dialogue.wanted import Before, Kept, Problem, Request, Scaled, Seen, Snapshot
from libs.workload.kinds.naming import (
    APPLICATION,
    ENVIRONMENT,
    MANAGED_LABEL,
    WATCH_SELECTOR,
    WORKLOAD,
    Marks,
    rollout_annotations,
)
from libs.workload.kinds.objects import (
    Identity,
    Object,
    annotation,
    identity,
    is_deployment,
    is_leaving,
    is_secret,
    items,
    number,
    table,
    text,
)
from libs.workload.kinds.ownership import is_bare, owned
from libs.workload.manifests.applying import plain, was_applied
from libs.workload.manifests.convert import replica_set_name, workload
from libs.workload.manifests.remaking import adopted
from libs.workload.manifests.validate import problems
from libs.workload.pods.fleet import belongs_to, rival, side_of
from libs.workload.pods.moving import adoption_marks, held_name, revision_of
from libs.workload.traffic.pairs import service_requests, steered

_OPERATORS = {
    "In": "{key} in ({values})",
    "NotIn": "{key} notin ({values})",
    "Exists": "{key}",
    "DoesNotExist": "!{key}",
}


class Survey(Struct, frozen=True):
    workloads: tuple[Workload, ...]
    snapshot: Snapshot


def survey_requests(
    objects: tuple[Object, ...], seen: Seen, pairs: tuple[ServicePair, ...] = ()
) -> tuple[Request, ...]:
    """Reads that a survey still lacks. Send them, put the answers into `seen`, ask again until there are none.

    The versions are listed too: a watch may be behind, and no precondition guards what a survey concludes.
    """
    unread = [
        read(text(value, "apiVersion"), identity(value)) for value in objects if identity(value) not in seen.objects
    ]
    homes = dict.fromkeys(identity(value).namespace for value in objects if is_deployment(value))
    lists = [
        list_replica_sets(home, WATCH_SELECTOR, versions_list(home))
        for home in homes
        if versions_list(home) not in seen.objects
    ]
    for value in objects:
        live = seen.objects.get(identity(value)) if is_deployment(value) else None
        if live is not None and owned_list(identity(value)) not in seen.objects:
            where = owned_list(identity(value))
            lists.append(list_replica_sets(where.namespace, selector_of(live), where))
    known = {identity(value) for value in objects}
    services = [one for one in service_requests(pairs, objects, seen) if one.target not in known]
    return (*unread, *services, *autoscaler_requests(objects, seen), *lists)


def survey(
    objects: tuple[Object, ...],
    seen: Seen,
    marks: Marks,
    pairs: tuple[ServicePair, ...] = (),
    earlier: Mapping[Identity, Object] = MappingProxyType({}),
) -> Survey | Problem:
    """Call when `survey_requests` is empty and before anything is written.

    `earlier` has the manifests of live Secrets, as far as they are known: their values are not read.
    """
    wrong = problems(objects)
    if wrong:
        return Problem("; ".join(wrong))
    found = [(value, _versions(value, seen, marks)) for value in objects if is_deployment(value)]
    strangers = (_stranger(value, seen, marks) for value, _ in found)
    rivals = (*strangers, *(rival(live, marks) for _, versions in found for live in versions))
    problem = next((one for one in rivals if one is not None), None)
    if problem is not None:
        return problem
    scaled = [one for value, versions in found for one in found_autoscalers(value, versions, objects, seen)]
    workloads = tuple(_workload(value, versions, objects, scaled, marks) for value, versions in found)
    services = steered(pairs, objects, workloads, seen, marks)
    if isinstance(services, Problem):
        return services
    before = tuple(_before(value, seen, earlier.get(identity(value))) for value in plain(objects))
    snapshot = Snapshot(objects=before, services=services, autoscalers=tuple(scaled))
    return Survey(workloads, _filled(snapshot, found, seen, marks))


def _workload(
    deployment: Object, versions: list[Object], objects: tuple[Object, ...], scaled: list[Scaled], marks: Marks
) -> Workload:
    previous = tuple(map(_version, _grown(versions)))
    where = identity(deployment)
    is_scaled = any((one.identity.namespace, one.workload) == (where.namespace, where.name) for one in scaled)
    running = sum(version.replicas for version in previous)
    return workload(sized(deployment, objects, is_scaled, running), marks, previous)


def _filled(
    snapshot: Snapshot,
    found: list[tuple[Object, list[Object]]],
    seen: Seen,
    marks: Marks,
) -> Snapshot:
    return replace(
        snapshot,
        replica_sets=tuple(
            _kept(live, adoption_marks(marks, *_names(snapshot, value)), seen)
            for value, versions in found
            for live in _grown(versions)
        ),
        adopted=tuple(adopted(live) for value, _ in found if (live := seen.objects.get(identity(value))) is not None),
        leftovers=tuple(
            (text(live, "metadata", "namespace"), _version(live))
            for _, versions in found
            for live in versions
            if not _size(live)
        ),
    )


def _names(snapshot: Snapshot, deployment: Object) -> tuple[str, str]:
    where = identity(deployment)
    return where.name, held_name(snapshot, where.namespace, where.name)


def _grown(versions: list[Object]) -> list[Object]:
    return [live for live in versions if _size(live)]


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


def _versions(deployment: Object, seen: Seen, marks: Marks) -> list[Object]:
    """Every earlier version, in the order in which they give way: the least whole first, then the oldest."""
    versions = {identity(live): live for live in (*_marked(deployment, seen, marks), *_owned(deployment, seen))}
    return sorted(
        versions.values(),
        key=lambda live: (_side_available(live, seen), revision_of(live), text(live, "metadata", "name")),
    )


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


def _stranger(deployment: Object, seen: Seen, marks: Marks) -> Problem | None:
    """A live version of this very Deployment that another application or target made: both would serve its traffic."""
    where = identity(deployment)
    for found, live in _made(seen, where.namespace):
        if annotation(live, WORKLOAD) != where.name or _size(live) <= 0:
            continue
        if not belongs_to(live, marks) and not is_leaving(live):
            whose = f"application {annotation(live, APPLICATION)!r}, target {annotation(live, ENVIRONMENT)!r}"
            return Problem(
                f"{where} is deployed by {whose} ({found} has {_size(live)} pods): deploy it under that name, "
                "choose another namespace, or delete that ReplicaSet first"
            )
    return None


def _owned(deployment: Object, seen: Seen) -> Iterator[Object]:
    """ReplicaSets with pods that a live Deployment of this name made; its history without pods is not ours."""
    live = seen.objects.get(identity(deployment))
    listed = items(seen.objects.get(owned_list(identity(deployment))), "items") if live is not None else []
    for replica_set in listed:
        uids = [text(owner, "uid") for owner in items(replica_set, "metadata", "ownerReferences")]
        if text(live, "metadata", "uid") in uids and _size(replica_set) and not is_leaving(replica_set):
            yield {**replica_set, "apiVersion": "apps/v1", "kind": "ReplicaSet"}


def _size(live: Object) -> int:
    return number(live, "spec", "replicas", default=1)


def _side_available(live: Object, seen: Seen) -> int:
    return side_of(live, seen.pods.get(identity(live), ())).usable


def _version(live: Object) -> Version:
    return Version(text(live, "metadata", "name"), text(live, "metadata", "uid"), _size(live))


def _kept(live: Object, marked: tuple[dict[str, str], dict[str, str]], seen: Seen) -> Kept:
    """Enough to make it again, marked so that our watch and the next rollout find it."""
    labels, annotations = marked
    fences = rollout_annotations(table(live, "metadata", "annotations"))
    before = {key: value for key, value in table(live, "metadata", "annotations").items() if key not in fences}
    metadata = {
        "name": text(live, "metadata", "name"),
        "namespace": text(live, "metadata", "namespace"),
        "labels": {**table(live, "metadata", "labels"), **labels},
        "annotations": {**before, **annotations},
    }
    manifest: Object = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": metadata,
        "spec": table(live, "spec"),
    }
    return Kept(identity(live), _side_available(live, seen), manifest)


def _before(value: Object, seen: Seen, earlier: Object | None) -> Before:
    live = seen.objects.get(identity(value))
    if live is None:
        return Before(identity(value))
    uid = text(live, "metadata", "uid")
    applied = owned(live)
    if is_secret(value) and not is_bare(applied):
        # A Secret's values are never read out of its cluster: only who applied it knows what to apply again.
        return Before(identity(value), uid, was_applied(earlier, live) if earlier is not None else None)
    return Before(identity(value), uid, applied)
