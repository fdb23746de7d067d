"""What do the fields of the built-in kinds look like as JSON schemas? The table of fields, told as OpenAPI tells it."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from sandbox.fields.table import Field, fields_of
from sandbox.objects.json import Object

_SCALARS: dict[str, Object] = {
    "string": {"type": "string"},
    "bytes": {"type": "string", "format": "byte"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "double"},
    "Time": {"type": "string", "format": "date-time"},
    "FieldsV1": {"type": "object"},
    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}
_SPECIAL = {
    "IntOrString": "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    "Quantity": "io.k8s.apimachinery.pkg.api.resource.Quantity",
}
Reference = Callable[[str], Object]
"""How a schema of this name is referred to; the two versions of OpenAPI differ."""

_OWN = {"apiVersion": Field(0, "string"), "kind": Field(0, "string")}
"""Every whole object has these, no part of one does."""


def schema_name(struct: str) -> str:
    """`apps/v1.Deployment` as OpenAPI calls it."""
    package, _, name = struct.rpartition(".")
    root = "io.k8s.apimachinery.pkg.apis" if package == "meta/v1" else "io.k8s.api"
    return f"{root}.{package.replace('/', '.')}.{name}"


def schemas(wholes: Iterable[str], reference: Reference) -> Object:
    """The schemas of whole objects, and of all that they reach."""
    found: Object = {}
    waiting = [*wholes]
    known = frozenset(waiting)
    while waiting:
        struct = waiting.pop()
        if schema_name(struct) not in found:
            found[schema_name(struct)] = _schema(struct, struct in known, reference)
            waiting += _reached(struct)
    return {**found, _SPECIAL["Quantity"]: {"type": "string"}, _SPECIAL["IntOrString"]: _INT_OR_STRING}


_INT_OR_STRING: Object = {"type": "string", "format": "int-or-string"}


def _schema(struct: str, is_whole: bool, reference: Reference) -> Object:
    fields = fields_of(struct)
    told = {**_OWN, **fields} if is_whole else fields
    return {"type": "object", "properties": {name: _property(field, reference) for name, field in told.items()}}


def _property(field: Field, reference: Reference) -> Object:
    schema = _type(field.kind.removeprefix("*"), reference)
    if not field.merge_key:
        return schema
    return {**schema, "x-kubernetes-patch-merge-key": field.merge_key, "x-kubernetes-patch-strategy": "merge"}


def _type(kind: str, reference: Reference) -> Object:
    kind = kind.removeprefix("*")
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind.startswith("[]"):
        return {"type": "array", "items": _type(kind[2:], reference)}
    if kind.startswith("map:"):
        return {"type": "object", "additionalProperties": _type(kind[4:], reference)}
    return reference(_SPECIAL.get(kind) or schema_name(kind))


@cache
def _reached(struct: str) -> tuple[str, ...]:
    return tuple(_structs(field.kind for field in fields_of(struct).values()))


def _structs(kinds: Iterable[Any]) -> Iterator[str]:
    for kind in kinds:
        bare = str(kind)
        while (rest := bare.removeprefix("*").removeprefix("[]").removeprefix("map:")) != bare:
            bare = rest
        if bare not in _SCALARS and bare not in _SPECIAL:
            yield bare
