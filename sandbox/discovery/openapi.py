"""What does OpenAPI say? The fields of every kind, and which parameters a patch of it takes: enough for `kubectl
explain`, and for kubectl to know how lists merge.
"""

from functools import cache
from hashlib import sha256

import msgspec

from sandbox.discovery.schemas import schema_name, schemas
from sandbox.fields.table import struct_of
from sandbox.objects.json import Object, table
from sandbox.objects.kinds import Catalogue, Kind

_PARAMETERS: list[Object] = [
    {"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": True}}
    for name, kind in (
        ("dryRun", "string"),
        ("fieldManager", "string"),
        ("fieldValidation", "string"),
        ("force", "boolean"),
    )
]
_EXTENSION = "x-kubernetes-group-version-kind"
_METADATA = "meta/v1.ObjectMeta"


def index(catalogue: Catalogue) -> Object:
    """The v3 root; the hash lets a client keep what it has."""
    paths = {}
    for group, version in catalogue.versions():
        path = f"apis/{group}/{version}" if group else f"api/{version}"
        paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={_digest(catalogue, group, version)}"}
    return {"paths": paths}


def _digest(catalogue: Catalogue, group: str, version: str) -> str:
    kinds = tuple(catalogue.versions()[group, version])
    return _lasting(kinds) if not any(kind.is_custom for kind in kinds) else _hashed(_document(catalogue, kinds))


@cache
def _lasting(kinds: tuple[Kind, ...]) -> str:
    """Built-in kinds never change, and hashing them all takes a while."""
    return _hashed(_document(Catalogue(kinds), kinds))


def _hashed(document: Object) -> str:
    return sha256(msgspec.json.encode(document)).hexdigest()[:32].upper()


def version_document(catalogue: Catalogue, group: str, version: str) -> Object | None:
    kinds = catalogue.versions().get((group, version))
    return None if kinds is None else _document(catalogue, tuple(kinds))


def _document(catalogue: Catalogue, kinds: tuple[Kind, ...]) -> Object:
    paths = {_path(kind): {"patch": _patch(kind, _PARAMETERS)} for kind in kinds}
    found = _schemas(catalogue, kinds, is_v3=True)
    return {"openapi": "3.0.0", "info": _about(), "paths": paths, "components": {"schemas": found}}


def whole_document(catalogue: Catalogue) -> Object:
    """The old v2 form, for all kinds at once."""
    kinds = tuple(kind for found in catalogue.versions().values() for kind in found)
    old = [{"name": item["name"], "in": "query", "type": item["schema"]["type"]} for item in _PARAMETERS]
    paths = {_path(kind): {"patch": _patch(kind, old)} for kind in kinds}
    return {
        "swagger": "2.0",
        "info": _about(),
        "paths": paths,
        "definitions": _schemas(catalogue, kinds, is_v3=False),
    }


def _schemas(catalogue: Catalogue, kinds: tuple[Kind, ...], *, is_v3: bool) -> Object:
    def refer(name: str) -> Object:
        if is_v3:
            # Beside a reference nothing else counts in v3, so that what else is said stands around it.
            return {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}
        return {"$ref": f"#/definitions/{name}"}

    known = {kind: struct for kind in kinds if (struct := struct_of(kind))}
    found = schemas([*known.values(), _METADATA], refer)
    for kind in kinds:
        name = _schema_name(kind)
        schema = found[name] if kind in known else _custom(catalogue, kind, refer(schema_name(_METADATA)))
        found[name] = {**schema, _EXTENSION: [_identity(kind)]}
    return found


def _custom(catalogue: Catalogue, kind: Kind, metadata: Object) -> Object:
    """As its definition says, with what every object has besides."""
    told = catalogue.served(kind).schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    own = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": metadata}
    return {**told, "properties": {**table(told, "properties"), **own}}


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
    if struct := struct_of(kind):
        return schema_name(struct)
    return ".".join([*reversed(kind.group.split(".")), kind.version, kind.name])
