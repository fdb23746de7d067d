"""Where does a Service lead: the addresses of its pods, as Endpoints and as EndpointSlices?"""

from collections.abc import Iterable

from msgspec import Struct

from sandbox.objects.json import Object, at, items, table, text
from sandbox.objects.kinds import ENDPOINT_SLICE, ENDPOINTS, SERVICE
from sandbox.simulation.pods import condition_holds, has_ended
from sandbox.simulation.replicasets import Suffixes
from sandbox.simulation.step import Create, Delete, Outcome, Update, Write, controlled_by, is_dying, name_of, uid_of

MANAGED = "endpoints.kubernetes.io/managed-by"
_CONTROLLER = "endpoint-controller"
_SLICE_CONTROLLER = "endpointslice-controller.k8s.io"
_HEADLESS = "service.kubernetes.io/headless"
Ports = tuple[tuple[str, int, str], ...]


class Told(Struct, frozen=True):
    """What tells of a Service already."""

    endpoints: Object | None
    slices: list[Object]


def step(service: Object, pods: Iterable[Object], told: Told, suffix: Suffixes) -> Outcome:
    """`pods` are those that it selects. A Service without a selector is led by whoever made it so."""
    if is_dying(service) or not table(service, "spec", "selector"):
        return Outcome()
    placed = [pod for pod in pods if text(pod, "status", "podIP") and not has_ended(pod)]
    by_ports: dict[Ports, list[Object]] = {}
    for pod in sorted(placed, key=_address):
        if (ports := _ports(service, pod)) is not None:
            by_ports.setdefault(ports, []).append(pod)
    return Outcome((*_endpoints(service, by_ports, told.endpoints), *_slices(service, by_ports, told.slices, suffix)))


def abandoned(endpoints: Object) -> Outcome:
    """Endpoints whose Service is gone, if they were made for it."""
    is_ours = at(endpoints, "metadata", "labels", MANAGED) == _CONTROLLER
    return Outcome((Delete(ENDPOINTS, endpoints),)) if is_ours and not is_dying(endpoints) else Outcome()


def _address(pod: Object) -> tuple[str, str]:
    return text(pod, "status", "podIP"), uid_of(pod)


def _ports(service: Object, pod: Object) -> Ports | None:
    """By name, number and protocol; None where the pod has none of the named ports."""
    wanted = items(service, "spec", "ports")
    found = [(text(port, "name"), number, text(port, "protocol")) for port in wanted if (number := _number(port, pod))]
    return tuple(found) if found or not wanted else None


def _number(port: Object, pod: Object) -> int:
    target = port.get("targetPort")
    if isinstance(target, int):
        return target
    for container in items(pod, "spec", "containers"):
        for own in items(container, "ports"):
            if own.get("name") == target and own.get("protocol") == port.get("protocol"):
                return int(own["containerPort"])
    return 0


def _endpoints(service: Object, by_ports: dict[Ports, list[Object]], before: Object | None) -> list[Write]:
    subsets = [_subset(service, ports, pods) for ports, pods in by_ports.items()]
    subsets = [subset for subset in subsets if subset.keys() & {"addresses", "notReadyAddresses"}]
    labels = {**table(service, "metadata", "labels"), MANAGED: _CONTROLLER, **_headless(service)}
    if before is None:
        metadata = {"name": name_of(service), "namespace": text(service, "metadata", "namespace"), "labels": labels}
        fresh = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata}
        return [Create(ENDPOINTS, {**fresh, "subsets": subsets} if subsets else fresh)]
    if items(before, "subsets") == subsets and table(before, "metadata", "labels") == labels:
        return []
    kept = {name: item for name, item in before.items() if name != "subsets"}
    after = {**kept, "metadata": {**kept["metadata"], "labels": labels}}
    return [Update(ENDPOINTS, {**after, "subsets": subsets} if subsets else after)]


def _headless(service: Object) -> dict[str, str]:
    return {_HEADLESS: ""} if text(service, "spec", "clusterIP") == "None" else {}


def _subset(service: Object, ports: Ports, pods: list[Object]) -> Object:
    """Pods on their way out are left out here; the slices tell of them."""
    staying = [pod for pod in pods if not is_dying(pod)]
    all_count = at(service, "spec", "publishNotReadyAddresses") is True
    ready = [_place(pod) for pod in staying if all_count or condition_holds(pod, "Ready")]
    unready = [_place(pod) for pod in staying if not all_count and not condition_holds(pod, "Ready")]
    told = {"addresses": ready, "notReadyAddresses": unready, "ports": [_port(port) for port in ports]}
    return {name: found for name, found in told.items() if found}


def _port(port: tuple[str, int, str]) -> Object:
    name, number, protocol = port
    told: Object = {"port": number, "protocol": protocol}
    return {"name": name, **told} if name else told


def _place(pod: Object) -> Object:
    return {"ip": text(pod, "status", "podIP"), "nodeName": text(pod, "spec", "nodeName"), "targetRef": _target(pod)}


def _target(pod: Object) -> Object:
    return {"kind": "Pod", "namespace": text(pod, "metadata", "namespace"), "name": name_of(pod), "uid": uid_of(pod)}


def _slices(
    service: Object, by_ports: dict[Ports, list[Object]], before: list[Object], suffix: Suffixes
) -> list[Write]:
    """One slice for each set of ports, and an empty one where there is nothing to tell."""
    wanted = [_content(service, ports, pods) for ports, pods in by_ports.items()] or [
        {"endpoints": None, "ports": None}
    ]
    labels = _slice_labels(service)
    writes: list[Write] = []
    for place, content in enumerate(wanted):
        if place >= len(before):
            writes.append(Create(ENDPOINT_SLICE, {**_fresh(service, labels, suffix()), **content}))
            continue
        after = {**before[place], **content}
        after["metadata"] = {**after["metadata"], "labels": labels}
        writes += [Update(ENDPOINT_SLICE, after)] if after != before[place] else []
    return [*writes, *(Delete(ENDPOINT_SLICE, found) for found in before[len(wanted) :])]


def _slice_labels(service: Object) -> Object:
    own = {
        "endpointslice.kubernetes.io/managed-by": _SLICE_CONTROLLER,
        "kubernetes.io/service-name": name_of(service),
    }
    return {**table(service, "metadata", "labels"), **own, **_headless(service)}


def _fresh(service: Object, labels: Object, suffix: str) -> Object:
    metadata = {
        "name": f"{name_of(service)}-{suffix}",
        "generateName": f"{name_of(service)}-",
        "namespace": text(service, "metadata", "namespace"),
        "labels": labels,
        "ownerReferences": [controlled_by(SERVICE, service)],
    }
    return {
        "apiVersion": ENDPOINT_SLICE.api_version,
        "kind": "EndpointSlice",
        "metadata": metadata,
        "addressType": "IPv4",
    }


def _content(service: Object, ports: Ports, pods: list[Object]) -> Object:
    told = [{"name": name, "port": number, "protocol": protocol} for name, number, protocol in ports]
    return {"endpoints": [_endpoint(service, pod) for pod in pods], "ports": told}


def _endpoint(service: Object, pod: Object) -> Object:
    serves, leaves = condition_holds(pod, "Ready"), is_dying(pod)
    is_ready = at(service, "spec", "publishNotReadyAddresses") is True or (serves and not leaves)
    return {
        "addresses": [text(pod, "status", "podIP")],
        "conditions": {"ready": is_ready, "serving": serves, "terminating": leaves},
        "nodeName": text(pod, "spec", "nodeName"),
        "targetRef": _target(pod),
    }
