"""Where an object lives in the API: the built-in kinds by table, custom ones by the usual plural."""

from urllib.parse import quote, urlencode

from libs.spec.kinds import CLUSTER_SCOPED
from libs.workload.kinds.objects import Identity, Object, group_of, identity, text

_PLURALS = {"Endpoints": "endpoints"}
"""Built-in kinds that the usual rule gets wrong."""


def is_namespaced(value: Object, manifests: tuple[Object, ...] = ()) -> bool:
    """Whether this kind lives in a namespace; a custom one is looked up in the definitions among `manifests`."""
    kind = (group_of(text(value, "apiVersion")), text(value, "kind"))
    for manifest in manifests:
        defined = (text(manifest, "spec", "group"), text(manifest, "spec", "names", "kind"))
        if manifest.get("kind") == "CustomResourceDefinition" and defined == kind:
            return text(manifest, "spec", "scope") != "Cluster"
    return kind not in CLUSTER_SCOPED


def plural_of(kind: str) -> str:
    if kind in _PLURALS:
        return _PLURALS[kind]
    lower = kind.lower()
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return lower[:-1] + "ies"
    return lower + ("es" if lower.endswith(("s", "x", "z", "ch", "sh")) else "s")


def collection_path(api_version: str, kind: str, namespace: str) -> str:
    root = f"/apis/{api_version}" if group_of(api_version) else f"/api/{api_version}"
    scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    return f"{root}{scope}/{plural_of(kind)}"


def object_path(api_version: str, target: Identity) -> str:
    return f"{collection_path(api_version, target.kind, target.namespace)}/{quote(target.name, safe=':')}"


def path_of(value: Object) -> str:
    return object_path(text(value, "apiVersion"), identity(value))


def api_version_of(path: str) -> str:
    """The version under which a path reads or writes its kind."""
    parts = path.split("/")
    return "/".join(parts[2:4]) if parts[1] == "apis" else parts[2]


def with_query(path: str, **parameters: str) -> str:
    return f"{path}?{urlencode(parameters)}"
