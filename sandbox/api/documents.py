"""Which fixed paths tell about the server itself: versions, discovery, OpenAPI, health?"""

from hashlib import sha256

import msgspec

from sandbox.api.wire import Request, Response, answer
from sandbox.discovery import groups, openapi
from sandbox.objects.json import Object
from sandbox.objects.kinds import Catalogue

HEALTHY = {"/healthz", "/livez", "/readyz"}


def document(request: Request, catalogue: Catalogue) -> Response | None:
    """The document at this path, or None where there is none."""
    if request.path in HEALTHY:
        return Response(200, b"ok", "text/plain")
    if request.path in {"/api", "/apis"} and "APIGroupDiscoveryList" in request.accept:
        body = msgspec.json.encode(groups.aggregated(catalogue, core=request.path == "/api"))
        return Response(200, body, groups.AGGREGATED, {"ETag": f'"{sha256(body).hexdigest()}"', "Vary": "Accept"})
    parts = [part for part in request.path.split("/") if part]
    found = _plain(parts, catalogue)
    if found is None and not _is_ours(parts, catalogue):
        return Response(404, b"404 page not found\n", "text/plain")
    return None if found is None else answer(found)


def _is_ours(parts: list[str], catalogue: Catalogue) -> bool:
    match parts:
        case ["api", *_]:
            return True
        case ["apis", group, _, *_]:
            known = any(name == group for name, _ in catalogue.versions())
            return known or group in groups.REVIEWS
        case _:
            return False


def _plain(parts: list[str], catalogue: Catalogue) -> Object | None:
    match parts:
        case ["version"]:
            return groups.VERSION
        case ["api"]:
            return groups.core_versions()
        case ["apis"]:
            return groups.groups(catalogue)
        case ["api", version]:
            return groups.resources(catalogue, "", version)
        case ["apis", group]:
            return groups.group(catalogue, group)
        case ["apis", group, version]:
            return groups.resources(catalogue, group, version)
        case ["openapi", *rest]:
            return _openapi(rest, catalogue)
        case _:
            return None


def _openapi(parts: list[str], catalogue: Catalogue) -> Object | None:
    match parts:
        case ["v2"]:
            return openapi.whole_document(catalogue)
        case ["v3"]:
            return openapi.index(catalogue)
        case ["v3", "api", version]:
            return openapi.version_document(catalogue, "", version)
        case ["v3", "apis", group, version]:
            return openapi.version_document(catalogue, group, version)
        case _:
            return None
