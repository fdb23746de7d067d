"""What may a namespace still hold? Its ResourceQuotas: what is used of each, and who would be too much."""

from collections.abc import Iterator
from fractions import Fraction

from sandbox.objects.json import Object, at, items, table, text
from sandbox.objects.kinds import POD, QUOTA, Kind
from sandbox.objects.quantities import amount, spelled
from sandbox.state.store import Ref, Store

_COUNTED = frozenset({"pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "resourcequotas"})
_COMPUTE = {
    "cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"),
    **{f"{kind}.{name}": (kind, name) for kind in ("requests", "limits") for name in ("cpu", "memory")},
}


def quotas_in(store: Store, namespace: str) -> Iterator[Object]:
    return (record.value for record in store.records(QUOTA.resource, namespace)) if namespace else iter(())


def refusal(store: Store, kind: Kind, value: Object) -> str | None:
    """Why a new object may not come, in the words of the real server."""
    for quota in quotas_in(store, text(value, "metadata", "namespace")):
        name, hard = text(quota, "metadata", "name"), table(quota, "spec", "hard")
        asked = {resource: share for resource in hard if (share := _share(resource, kind, value)) is not None}
        if unsaid := [resource for resource in asked if resource in _COMPUTE and not _says(resource, value)]:
            return f"failed quota: {name}: must specify {','.join(f'{one} for: {_first(value)}' for one in unsaid)}"
        used = {resource: _used(store, quota, resource) for resource in asked}
        if over := [one for one in asked if used[one] + asked[one] > amount(hard[one])]:
            return f"exceeded quota: {name}, {_told('requested', asked, over)}, {_told('used', used, over)}, " + _told(
                "limited", {one: amount(hard[one]) for one in over}, over
            )
    return None


def status_of(store: Store, quota: Object) -> Object:
    hard = table(quota, "spec", "hard")
    return {"hard": hard, "used": {resource: spelled(_used(store, quota, resource)) for resource in hard}}


def concerned(store: Store, namespace: str) -> list[Ref]:
    """The quotas that count what lies in this namespace."""
    return [Ref(QUOTA.resource, namespace, text(one, "metadata", "name")) for one in quotas_in(store, namespace)]


def _told(word: str, amounts: dict[str, Fraction], over: list[str]) -> str:
    return f"{word}: {','.join(f'{one}={spelled(amounts[one])}' for one in over)}"


def _used(store: Store, quota: Object, resource: str) -> Fraction:
    namespace = text(quota, "metadata", "namespace")
    where = POD.resource if resource in _COMPUTE else resource.removeprefix("count/")
    values = (record.value for record in store.records(where, namespace))
    return sum((_share_of(resource, value) for value in values if not _is_over(value)), Fraction(0))


def _share(resource: str, kind: Kind, value: Object) -> Fraction | None:
    """What the object takes of this resource; None where it takes none by its kind."""
    counted = kind.resource == resource.removeprefix("count/") and (
        resource in _COUNTED or resource.startswith("count/")
    )
    return _share_of(resource, value) if counted or (resource in _COMPUTE and kind is POD) else None


def _share_of(resource: str, value: Object) -> Fraction:
    path = _COMPUTE.get(resource)
    if path is None:
        return Fraction(1)
    containers = items(value, "spec", "containers")
    return sum((amount(at(one, "resources", *path) or 0) for one in containers), Fraction(0))


def _says(resource: str, pod: Object) -> bool:
    return all(at(one, "resources", *_COMPUTE[resource]) is not None for one in items(pod, "spec", "containers"))


def _first(pod: Object) -> str:
    return text(next(iter(items(pod, "spec", "containers")), {}), "name")


def _is_over(value: Object) -> bool:
    return value.get("kind") == POD.name and text(value, "status", "phase") in {"Succeeded", "Failed"}
