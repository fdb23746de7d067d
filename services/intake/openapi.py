"""The API's description, made from the route table: what each address takes, answers and refuses."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from libs.api.notes import annotate
from libs.api.problem import MEDIA_TYPE, ProblemDocument
from libs.auth.permissions import Action

_REFERENCE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")


class Described(Struct, frozen=True):
    """One address, as far as a client is concerned."""

    method: str
    path: str
    action: Action
    summary: str
    takes: type[Struct] | None = None
    gives: type[Struct] | None = None
    """None: a stream of events."""
    status: int = 200
    lenient: bool = False
    """Whether what it takes may hold more than is known."""


def document(routes: tuple[Described, ...], version: str) -> dict[str, Any]:
    kinds = {kind: None for route in routes for kind in (route.takes, route.gives, ProblemDocument) if kind}
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    annotate(components, tuple(kinds))
    for route in routes:
        if route.takes and not route.lenient:
            components[route.takes.__name__]["additionalProperties"] = False
    named = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fairlead", "version": version},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"bearer": []}],
    }


def _operation(route: Described, named: dict[type[Struct], Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "description": f"Needs the permission `{route.action}`.",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in _PARAMETER.findall(route.path)
        ],
        "responses": {
            str(route.status): _answer(route, named),
            "default": {"description": "Why not.", "content": {MEDIA_TYPE: {"schema": named[ProblemDocument]}}},
        },
    }
    if route.takes:
        operation["requestBody"] = {"content": {"application/json": {"schema": named[route.takes]}}}
    return operation


def _answer(route: Described, named: dict[type[Struct], Any]) -> dict[str, Any]:
    if route.gives is None:
        return {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    return {"description": "Done.", "content": {"application/json": {"schema": named[route.gives]}}}
