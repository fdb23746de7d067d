"""What must OpenAPI say for kubectl to work? That every kind exists and which parameters a patch of it takes; no
field is described.
"""

from hashlib import sha256

import msgspec

from sandbox.objects.json import Object
from sandbox.objects.kinds import Catalogue, Kind

_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": True}}
    for name, kind in (
        ("dryRun", "string"),
        ("fieldManager", "string"),
        ("fieldValidation", "string"),
        ("force", "boolean"),
    )
]
_EXTENSION = "x-kubernetes-group-version-kind"


def index(catalogue: Catalogue) -> Object:
    """The v3 root; the hash lets a client keep what it has."""
    paths = {}
    for group, version in catalogue.versions():
        path = f"apis/{group}/{version}" if group else f"api/{version}"
        document = msgspec.json.encode(version_document(catalogue, group, version))
        digest = sha256(document).hexdigest()[:32].upper()
        paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
    return {"paths": paths}


def version_document(catalogue: Catalogue, group: str, version: str) -> Object | None:
    kinds = catalogue.versions().get((group, version))
    if kinds is None:
        return None
    paths = {_path(kind): {"patch": _patch(kind, _PARAMETERS)} for kind in kinds}
    schemas = {_schema_name(kind): _schema(kind) for kind in kinds}
    return {"openapi": "3.0.0", "info": _about(), "paths": paths, "components": {"schemas": schemas}}


def whole_document(catalogue: Catalogue) -> Object:
    """The old v2 form, for all kinds at once."""
    kinds = [kind for found in catalogue.versions().values() for kind in found]
    old = [{"name": item["name"], "in": "query", "type": item["schema"]["type"]} for item in _PARAMETERS]  # type: ignore[index]
    paths = {_path(kind): {"patch": _patch(kind, old)} for kind in kinds}
    return {
        "swagger": "2.0",
        "info": _about(),
        "paths": paths,
        "definitions": {_schema_name(k): _schema(k) for k in kinds},
    }


def _about() -> Object:
    return {"title": "Kubernetes", "version": "v1.36.0-sandbox"}


def _identity(kind: Kind) -> Object:
    return {"group": kind.group, "version": kind.version, "kind": kind.name}


def _path(kind: Kind) -> str:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    scope = "/namespaces/{namespace}" if kind.namespaced else ""
    return f"{root}{scope}/{kind.plural}/{{name}}"


def _patch(kind: Kind, parameters: list[Object]) -> Object:
    told = {"parameters": parameters, "responses": {"200": {"description": "OK"}}}
    return {**told, "x-kubernetes-action": "patch", _EXTENSION: _identity(kind)}


def _schema_name(kind: Kind) -> str:
    return f"io.k8s.{kind.group or 'core'}.{kind.version}.{kind.name}"


def _schema(kind: Kind) -> Object:
    return {"type": "object", "x-kubernetes-preserve-unknown-fields": True, _EXTENSION: [_identity(kind)]}
