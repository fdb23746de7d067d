"""What do we call a decoded Kubernetes object, how is it told from others, and how is a nested value read safely?"""

from typing import Any

from msgspec import Struct

Object = dict[str, Any]

_SERVER_FIELDS = (
    "managedFields",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "selfLink",
)


class Identity(Struct, frozen=True, order=True):
    """Which object it is, whatever version of its group it is read through."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


def identity(value: Object) -> Identity:
    metadata = value.get("metadata")
    return Identity(
        group=group_of(text(value, "apiVersion")),
        kind=text(value, "kind"),
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
    )


def replica_set_identity(namespace: str, name: str) -> Identity:
    return Identity("apps", "ReplicaSet", namespace, name)


def deployment_identity(namespace: str, name: str) -> Identity:
    return Identity("apps", "Deployment", namespace, name)


def group_of(api_version: str) -> str:
    group, slash, _ = api_version.partition("/")
    return group if slash else ""


def is_secret(value: Object) -> bool:
    return (value.get("apiVersion"), value.get("kind")) == ("v1", "Secret")


def is_deployment(value: Object) -> bool:
    return is_of(value, "apps", "Deployment")


def is_of(value: Object, group: str, kind: str) -> bool:
    return value.get("kind") == kind and group_of(text(value, "apiVersion")) == group


def at(value: object, *path: str) -> Any:
    """The value at a path of field names, or None where the path breaks off."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text(value: object, *path: str) -> str:
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: object, *path: str, default: int = 0) -> int:
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def table(value: object, *path: str) -> Object:
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def items(value: object, *path: str) -> list[Any]:
    found = at(value, *path)
    return found if isinstance(found, list) else []


def annotation(value: object, name: str) -> str:
    return text(value, "metadata", "annotations", name)


def is_leaving(value: object) -> bool:
    """Deleted already, but kept until its finalizers or its dependents are done."""
    return at(value, "metadata", "deletionTimestamp") is not None


def manifest_of(value: Object) -> Object:
    """Without what the API server keeps."""
    metadata = {name: kept for name, kept in table(value, "metadata").items() if name not in _SERVER_FIELDS}
    return {**{name: kept for name, kept in value.items() if name != "status"}, "metadata": metadata}
