"""What was there before a rollout changed anything: the stable version, and every object as it was."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from libs.messages.rollout import Version, Workload
from libs.plan.model import ServicePair
from libs.workload.autoscaling.aims import sized
from libs.workload.autoscaling.finding import autoscaler_requests, found_autoscalers
from libs.workload.dialogue.requests import list_replica_sets, read, unserved_of
from libs.workload.dialogue.wanted import Before, Kept, Problem, Request, Scaled, Seen, Snapshot
from libs.workload.kinds.naming import WATCH_SELECTOR, Marks, rollout_annotations
from libs.workload.kinds.objects import Identity, Object, identity, is_deployment, is_secret, table, text
from libs.workload.kinds.ownership import is_bare, owned
from libs.workload.manifests.applying import plain, was_applied
from libs.workload.manifests.convert import workload
from libs.workload.manifests.remaking import adopted
from libs.workload.manifests.validate import problems
from libs.workload.pods.fleet import rival
from libs.workload.pods.moving import adoption_marks, held_name
from libs.workload.pods.versions import owned_list, selector_of, size, stranger, usable_pods, versions_list, versions_of
from libs.workload.traffic.pairs import service_requests, steered


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
    wrong = (*problems(objects), *_unserved(objects, seen))
    if wrong:
        return Problem("; ".join(wrong))
    found = [(value, versions_of(value, seen, marks)) for value in objects if is_deployment(value)]
    strangers = (stranger(value, seen, marks) for value, _ in found)
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


def _unserved(objects: tuple[Object, ...], seen: Seen) -> list[str]:
    """Kinds that the cluster does not have, and that nothing among the manifests brings."""
    brought = {
        (text(value, "spec", "group"), text(value, "spec", "names", "kind"))
        for value in objects
        if text(value, "kind") in ("CustomResourceDefinition", "APIService")
    }
    return [
        f"{identity(value)}: the cluster serves no {text(value, 'kind')} of {text(value, 'apiVersion')}; "
        "have it defined there first, or leave this object out"
        for value in objects
        if unserved_of(identity(value)) in seen.objects
        and not brought & {(identity(value).group, identity(value).kind), (identity(value).group, "")}
    ]


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
            if not size(live)
        ),
    )


def _names(snapshot: Snapshot, deployment: Object) -> tuple[str, str]:
    where = identity(deployment)
    return where.name, held_name(snapshot, where.namespace, where.name)


def _grown(versions: list[Object]) -> list[Object]:
    return [live for live in versions if size(live)]


def _version(live: Object) -> Version:
    return Version(text(live, "metadata", "name"), text(live, "metadata", "uid"), size(live))


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
    return Kept(identity(live), usable_pods(live, seen), manifest)


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
