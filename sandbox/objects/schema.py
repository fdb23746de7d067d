"""Which lists merge by key and which values are replaced whole? The API's own merge keys, as data, for each kind."""

from functools import cache

from msgspec import Struct

from sandbox.fields.constant import constant_in
from sandbox.objects.json import Object
from sandbox.objects.kinds import Kind

Names = tuple[str, ...]


class ListRule(Struct, frozen=True):
    """Items are told apart by these fields; no fields means a set of plain values."""

    keys: tuple[str, ...] = ()
    defaults: tuple[tuple[str, object], ...] = ()

    def key_of(self, item: Object) -> dict[str, object]:
        return {name: item.get(name, dict(self.defaults).get(name)) for name in self.keys}


class Rules(Struct, frozen=True):
    """Where a path is in neither table, mappings merge field by field and lists are replaced whole."""

    lists: dict[Names, ListRule]
    atomic: frozenset[Names]
    constant: frozenset[Names] = frozenset()
    """Parts that every object of the kind has, if only empty: nobody makes them, so nobody owns them."""


def _by(*keys: str, **defaults: object) -> ListRule:
    return ListRule(keys, tuple(defaults.items()))


_OBJECT_LISTS: dict[Names, ListRule] = {
    ("metadata", "ownerReferences"): _by("uid"),
    ("metadata", "finalizers"): ListRule(),
    ("status", "conditions"): _by("type"),
}

_CONTAINER_LISTS: dict[str, ListRule] = {
    "ports": _by("containerPort", "protocol", protocol="TCP"),
    "env": _by("name"),
    "volumeMounts": _by("mountPath"),
    "volumeDevices": _by("devicePath"),
}

_POD_LISTS: dict[Names, ListRule] = {
    ("volumes",): _by("name"),
    ("imagePullSecrets",): _by("name"),
    ("hostAliases",): _by("ip"),
    ("topologySpreadConstraints",): _by("topologyKey", "whenUnsatisfiable"),
    ("schedulingGates",): _by("name"),
    ("resourceClaims",): _by("name"),
} | {
    (containers, *tail): rule
    for containers in ("containers", "initContainers", "ephemeralContainers")
    for tail, rule in [((), _by("name")), *(((name,), rule) for name, rule in _CONTAINER_LISTS.items())]
}

_POD_ATOMIC: tuple[Names, ...] = (("nodeSelector",),)

_KIND_LISTS: dict[str, dict[Names, ListRule]] = {
    "Pod": {("status", "podIPs"): _by("ip"), ("status", "hostIPs"): _by("ip")},
    "Service": {("spec", "ports"): _by("port", "protocol", protocol="TCP")},
    "ServiceAccount": {("secrets",): _by("name"), ("imagePullSecrets",): _by("name")},
    "Node": {("spec", "taints"): ListRule(("key", "effect")), ("status", "addresses"): _by("type")},
    "Namespace": {("spec", "finalizers"): ListRule()},
}

_KIND_ATOMIC: dict[str, tuple[Names, ...]] = {
    "Deployment": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "StatefulSet": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "Job": (("spec", "selector"),),
    "Service": (("spec", "selector"), ("spec", "clusterIPs")),
    "PodDisruptionBudget": (("spec", "selector"),),
    "NetworkPolicy": (("spec", "podSelector"),),
}


@cache
def rules_for(kind: Kind) -> Rules:
    lists = dict(_OBJECT_LISTS)
    atomic: list[Names] = [("metadata", "ownerReferences")]
    if not kind.is_custom:
        lists |= _KIND_LISTS.get(kind.name, {})
        atomic += _KIND_ATOMIC.get(kind.name, ())
    if kind.template is not None:
        pod = (*kind.template, "spec")
        lists |= {(*pod, *names): rule for names, rule in _POD_LISTS.items()}
        atomic += [(*pod, *names) for names in _POD_ATOMIC]
    return Rules(lists, frozenset(atomic), constant_in(kind))
