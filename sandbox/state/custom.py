"""Which kinds does a CustomResourceDefinition add?"""

from datetime import datetime
from typing import Any

from sandbox.objects.json import Object, at, items, stamp, table, text
from sandbox.objects.kinds import Kind, Served


def kinds_of(definition: Object) -> dict[Kind, Served]:
    """One kind for each version that the definition serves."""
    return {
        _kind(definition, version): Served(
            schema=table(version, "schema", "openAPIV3Schema") or None,
            columns=tuple(item for item in items(version, "additionalPrinterColumns") if isinstance(item, dict)),
        )
        for version in items(definition, "spec", "versions")
        if isinstance(version, dict) and version.get("served")
    }


def _kind(definition: Object, version: Object) -> Kind:
    names = table(definition, "spec", "names")
    return Kind(
        name=text(names, "kind"),
        plural=text(names, "plural"),
        group=text(definition, "spec", "group"),
        version=text(version, "name"),
        short=tuple(items(names, "shortNames")),
        namespaced=at(definition, "spec", "scope") == "Namespaced",
        has_status=at(version, "subresources", "status") is not None,
        has_scale=at(version, "subresources", "scale") is not None,
        is_custom=True,
        categories=tuple(items(names, "categories")),
    )


def established(definition: Object, now: datetime) -> Object:
    """The definition as it looks once its kinds are served, which here is at once."""
    names = table(definition, "spec", "names")
    accepted = {"singular": text(names, "kind").lower(), "listKind": f"{text(names, 'kind')}List", **names}
    conditions = [
        _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
        _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
    ]
    stored = [text(version, "name") for version in items(definition, "spec", "versions") if at(version, "storage")]
    status = {"acceptedNames": accepted, "conditions": conditions, "storedVersions": stored}
    return {**definition, "spec": {**table(definition, "spec"), "names": accepted}, "status": status}


def _condition(kind: str, reason: str, message: str, now: datetime) -> dict[str, Any]:
    return {"type": kind, "status": "True", "lastTransitionTime": stamp(now), "reason": reason, "message": message}
