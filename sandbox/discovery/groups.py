"""Which groups, versions and resources are served? The discovery documents, plain and aggregated."""

from sandbox.objects.json import Object
from sandbox.objects.kinds import Catalogue, Kind

VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERSION: Object = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0-sandbox",
    "gitCommit": "0" * 40,
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "go1.26",
    "compiler": "gc",
    "platform": "linux/amd64",
}
REVIEWS: dict[str, dict[str, tuple[str, ...]]] = {
    "authorization.k8s.io": {"v1": ("SelfSubjectAccessReview", "SelfSubjectRulesReview")}
}


def subresources_of(kind: Kind) -> list[str]:
    extra = {"Pod": ["eviction", "log"]}.get(kind.name, []) if not kind.is_custom else []
    return [*extra, *(["scale"] if kind.has_scale else []), *(["status"] if kind.has_status else [])]


def _group_versions(catalogue: Catalogue) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for group, version in catalogue.versions():
        grouped.setdefault(group, []).append(version)
    for group, versions in REVIEWS.items():
        grouped.setdefault(group, [*versions])
    return grouped


def groups(catalogue: Catalogue) -> Object:
    found = [_group(name, versions) for name, versions in _group_versions(catalogue).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def group(catalogue: Catalogue, name: str) -> Object | None:
    versions = _group_versions(catalogue).get(name)
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)} if versions and name else None


def _group(name: str, versions: list[str]) -> Object:
    told = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": told, "preferredVersion": told[0]}


def core_versions() -> Object:
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def resources(catalogue: Catalogue, group: str, version: str) -> Object | None:
    kinds = catalogue.versions().get((group, version))
    reviews = REVIEWS.get(group, {}).get(version, ())
    if kinds is None and not reviews:
        return None
    told = [entry for kind in kinds or () for entry in _resource_entries(kind)]
    told += [_review(name) for name in reviews]
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": told}


def _review(name: str) -> Object:
    plural = f"{name.lower()}s"
    return {"name": plural, "singularName": name.lower(), "namespaced": False, "kind": name, "verbs": ["create"]}


def _resource_entries(kind: Kind) -> list[Object]:
    whole: Object = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.name,
        "verbs": VERBS,
        "shortNames": list(kind.short),
        "categories": list(kind.categories),
    }
    parts = [
        {
            "name": f"{kind.plural}/{part}",
            "singularName": "",
            "namespaced": kind.namespaced,
            "verbs": verbs_of(part),
            **_part_kind(kind, part),
        }
        for part in subresources_of(kind)
    ]
    return [whole, *parts]


def verbs_of(part: str) -> list[str]:
    return {"eviction": ["create"], "log": ["get"]}.get(part, ["get", "patch", "update"])


def _part_kind(kind: Kind, part: str) -> Object:
    match part:
        case "scale":
            return {"group": "autoscaling", "version": "v1", "kind": "Scale"}
        case "eviction":
            return {"group": "policy", "version": "v1", "kind": "Eviction"}
        case _:
            return {"kind": kind.name}


def aggregated(catalogue: Catalogue, *, core: bool) -> Object:
    """Everything in one document; the core group has one of its own."""
    found: dict[str, list[Object]] = {}
    for (name, version), kinds in catalogue.versions().items():
        if core == (name == ""):
            told = {"version": version, "freshness": "Current", "resources": [_discovered(kind) for kind in kinds]}
            found.setdefault(name, []).append(told)
    items = [{"metadata": {"name": name} if name else {}, "versions": versions} for name, versions in found.items()]
    if not core:
        items += [_review_group(name, versions) for name, versions in REVIEWS.items()]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _review_group(group: str, versions: dict[str, tuple[str, ...]]) -> Object:
    told = [
        {
            "version": version,
            "freshness": "Current",
            "resources": [
                {
                    "resource": f"{name.lower()}s",
                    "responseKind": {"group": group, "version": version, "kind": name},
                    "scope": "Cluster",
                    "singularResource": name.lower(),
                    "verbs": ["create"],
                }
                for name in names
            ],
        }
        for version, names in versions.items()
    ]
    return {"metadata": {"name": group}, "versions": told}


def _discovered(kind: Kind) -> Object:
    told = {"group": kind.group, "version": kind.version, "kind": kind.name}
    parts = [
        {"subresource": part, "responseKind": {**told, **_part_kind(kind, part)}, "verbs": verbs_of(part)}
        for part in subresources_of(kind)
    ]
    return {
        "resource": kind.plural,
        "responseKind": told,
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": VERBS,
        "shortNames": list(kind.short),
        "categories": list(kind.categories),
        "subresources": parts,
    }
