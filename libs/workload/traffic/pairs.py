"""Which Services does a blue/green rollout steer, for which Deployments? Found by selector and label at the survey."""

from collections.abc import Iterator

from libs.messages.rollout import Workload
from libs.plan.model import ServicePair
from libs.workload.dialogue.requests import read
from libs.workload.dialogue.wanted import Problem, Request, Seen, Steered
from libs.workload.kinds.naming import STEERED_BY, Marks, steerer
from libs.workload.kinds.objects import Identity, Object, annotation, identity, is_deployment, table, text
from libs.workload.traffic.selectors import widened


def service_identity(namespace: str, name: str) -> Identity:
    return Identity("", "Service", namespace, name)


def service_requests(pairs: tuple[ServicePair, ...], objects: tuple[Object, ...], seen: Seen) -> tuple[Request, ...]:
    """Reads of the Services that the pairs name, wherever the target has a Deployment."""
    named = {place for name, _ in _named(pairs) for place in _places(name, objects)}
    return tuple(read("v1", place) for place in sorted(named) if place not in seen.objects)


def steered(
    pairs: tuple[ServicePair, ...],
    objects: tuple[Object, ...],
    workloads: tuple[Workload, ...],
    seen: Seen,
    marks: Marks,
) -> tuple[Steered, ...] | Problem:
    """The Services to steer, all of which must fit. A Deployment's first version has no traffic to be kept from: its
    own are looked for and left alone, so that what a file misnames is told before the second release needs it."""
    if not workloads:
        return ()
    found: list[Steered] = []
    for name, is_active in _named(pairs):
        places = [place for place in _places(name, objects) if _selector(place, objects, seen) is not None]
        if not places:
            kind = "active" if is_active else "preview"
            return Problem(
                f"the {kind} Service {name!r} is neither in the cluster nor in the manifests: create it, "
                "or name another in the deployment file"
            )
        looks = [_matched(place, is_active, objects, seen, marks) for place in places]
        problems = [look for look in looks if isinstance(look, Problem)]
        if len(problems) == len(looks):
            return problems[0]
        found += [look for look in looks if isinstance(look, Steered)]
    first = {(workload.namespace, workload.name) for workload in workloads if not workload.previous}
    return tuple(one for one in found if (one.identity.namespace, one.workload) not in first)


def _named(pairs: tuple[ServicePair, ...]) -> Iterator[tuple[str, bool]]:
    for pair in pairs:
        yield pair.active, True
        if pair.preview and pair.preview != pair.active:
            yield pair.preview, False


def _places(name: str, objects: tuple[Object, ...]) -> list[Identity]:
    namespaces = {identity(value).namespace for value in objects if is_deployment(value)}
    return [service_identity(namespace, name) for namespace in sorted(namespaces)]


def _selector(place: Identity, objects: tuple[Object, ...], seen: Seen) -> Object | None:
    """As the manifest has it, else as it is live without what an earlier rollout may have left."""
    manifest = next((value for value in objects if identity(value) == place), None)
    value = manifest or seen.objects.get(place)
    return None if value is None else widened(table(value, "spec", "selector"))


def _matched(
    place: Identity, is_active: bool, objects: tuple[Object, ...], seen: Seen, marks: Marks
) -> Steered | Problem:
    live, selector = seen.objects.get(place), _selector(place, objects, seen) or {}
    by = annotation(live, STEERED_BY)
    if by and by != steerer(marks):
        return Problem(f"{place} is steered by another rollout ({by}): wait until it ends, or remove its {STEERED_BY}")
    selected = [text(value, "metadata", "name") for value in objects if _selects(selector, place.namespace, value)]
    if len(selected) != 1:
        which = f"{len(selected)} of the target's Deployments ({', '.join(selected)})" if selected else "no Deployment"
        return Problem(f"{place} selects {which}: blue/green needs a Service that selects the pods of exactly one")
    before = None if live is None else dict(table(live, "spec", "selector"))
    return Steered(place, selected[0], is_active, selector, before)


def _selects(selector: Object, namespace: str, value: Object) -> bool:
    if not is_deployment(value) or text(value, "metadata", "namespace") != namespace or not selector:
        return False
    return selector.items() <= table(value, "spec", "template", "metadata", "labels").items()
