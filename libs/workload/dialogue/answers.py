"""What an answer of the API means: what is known now, what must be read again, and whether a refusal is final."""

import re

from msgspec import Struct

from libs.workload.dialogue.requests import claim, place, unserved_of
from libs.workload.dialogue.wanted import APPLY_PATCH, JSON_PATCH, METADATA_ONLY, Request, Wanted
from libs.workload.kinds.naming import CLOSING_MANAGER, rollout_annotation
from libs.workload.kinds.objects import Identity, Object, annotation, at, identity, is_leaving, items, text
from libs.workload.kinds.paths import api_version_of

_GONE = 404
_CONFLICT = 409
_INVALID = 422
_UNSURE = 500
"""From here on, and at 0 where no answer came, a write may have been done or not."""

_NEVER = (400, 403, 405, 406, 413, 415, _INVALID)
_OWNER = re.compile(r'conflicts? with "([^"]*)"')
_DENIED = re.compile(r'\bUser ".*" cannot ')
_LENGTH = 400
_CAUSE_LENGTH = 180
_CAUSE_EDGE = 80


class Learned(Struct, frozen=True):
    objects: dict[Identity, Object | None]
    """To be put into what is seen."""
    reread: tuple[Request, ...] = ()
    """To be sent before `reconcile` is asked again: what was decided on is out of date."""


class Refusal(Struct, frozen=True):
    terminal: bool
    """Trying again does not mend it."""
    reason: str
    is_denied: bool = False
    """A right is missing. An API server that has just started says so to everybody, until it has read its roles."""


def learn(request: Request, code: int, body: Object) -> Learned:
    """What an answer tells. `code` is the HTTP status, 0 where the answer was lost."""
    if 200 <= code < 300:
        return Learned(_told(request, body))
    if code == _GONE and request.method != "POST":
        is_unread = not request.is_write and _is_unserved(code, body)
        return Learned({request.target: None, **({unserved_of(request.target): {}} if is_unread else {})})
    is_outdated = code in (_CONFLICT, _INVALID) or code >= _UNSURE or code == 0
    return Learned({}, (reread(request),) if is_outdated and request.is_write else ())


def explain(request: Request, code: int, status: Object) -> Refusal:
    """Why the API refused. `status` is its Status object, or an empty one."""
    owners = _field_owners(status)
    if owners:
        return Refusal(True, f"{request.what}: {owners}: give the field up in the manifest, or have that manager do so")
    said = f"{request.what}: {_unserved(request) if _is_unserved(code, status) else _said(code, status)}"
    return Refusal(_is_terminal(request, code, status), said, bool(_DENIED.search(text(status, "message"))))


def reread(request: Request) -> Request:
    """The read that tells what became of a request whose answer was lost or is out of date."""
    path = request.path.partition("?")[0]
    if request.method == "POST":
        path = f"{path}/{request.target.name}"
    return Request("GET", path, f"read {request.target}", request.target, accept=request.accept)


def fence_off(request: Request, live: Object | None, wanted: Wanted) -> Request | None:
    """After a write whose answer was lost, and its `reread`: what makes the API refuse it should it still come.

    A ReplicaSet that is not there is made without pods: its name is taken then. None where the write has been done
    already, or cannot do harm any more.
    """
    if live is None and request.method == "POST" and isinstance(request.body, dict):
        return place(request.body, wanted.marks, wanted.fence)
    if live is None or request.target.kind not in ("ReplicaSet", "Service") or request.method != "PATCH":
        return None
    return claim(live, wanted.marks, wanted.fence) if _still_applies(request, live, wanted) else None


def _still_applies(request: Request, live: Object, wanted: Wanted) -> bool:
    if isinstance(request.body, list):
        return text(request.body[0], "value") == annotation(live, rollout_annotation(wanted.marks))
    return text(request.body, "metadata", "resourceVersion") == text(live, "metadata", "resourceVersion")


def _told(request: Request, body: Object) -> dict[Identity, Object | None]:
    if request.method == "DELETE":
        # The API answers with the object where something still holds it, else with a Status about it.
        return {request.target: body if is_leaving(body) else None}
    if request.target.kind.endswith("List"):
        kind = {"apiVersion": text(body, "apiVersion"), "kind": request.target.kind.removesuffix("List")}
        listed = [{**kind, **item} for item in items(body, "items") if isinstance(item, dict)]
        return {request.target: body, **{identity(item): item for item in listed}}
    if request.accept == METADATA_ONLY:
        return {request.target: {**body, "apiVersion": "v1", "kind": request.target.kind}}
    return {request.target: body}


def _field_owners(status: Object) -> str:
    """Which fields of an apply belong to whom: `field .spec.replicas belongs to "kubectl"`."""
    named = []
    for cause in items(status, "details", "causes"):
        if text(cause, "reason") == "FieldManagerConflict":
            owner = _OWNER.search(text(cause, "message"))
            # What we own ourselves under that name was made after we had read that it was not there: it is read again.
            if owner is None or owner[1].partition(" ")[0].strip('"') != CLOSING_MANAGER:
                whose = owner[1] if owner else text(cause, "message")
                named.append(f"field {text(cause, 'field')} belongs to {whose!r}")
    return ", ".join(named[:3])


def _is_terminal(request: Request, code: int, status: Object) -> bool:
    message = text(status, "message")
    if request.content_type == JSON_PATCH and code == _INVALID:
        return False
    if code == 403:
        # A quota is made room in; a missing right or a namespace that ends is not mended by trying.
        return "exceeded quota" not in message
    if code == _GONE:
        return request.is_write and _is_namespace_missing(status)
    # Before 1.27 the API answers 500 where an applied field is not in the schema.
    return code in _NEVER or (code == _UNSURE and request.content_type == APPLY_PATCH and "typed patch" in message)


def _is_unserved(code: int, status: Object) -> bool:
    """Whether there is no such kind: of one that it has the API names the object, or the namespace, that is missing."""
    return code == _GONE and not text(status, "details", "name")


def _unserved(request: Request) -> str:
    return f"the cluster serves no {request.target.kind} of {api_version_of(request.path)}: is its definition there?"


def _is_namespace_missing(status: Object) -> bool:
    return text(status, "details", "kind") == "namespaces"


def _said(code: int, status: Object) -> str:
    causes = [_cause(cause) for cause in items(status, "details", "causes")]
    words = text(status, "message") or text(status, "reason") or (f"HTTP status {code}" if code else "no answer came")
    if causes and at(status, "reason") == "Invalid":
        words = "; ".join(causes[:3])
    return words if len(words) <= _LENGTH else words[: _LENGTH - 1] + "…"


def _cause(cause: Object) -> str:
    """What is wrong comes after the value, and that may be a whole pod: the middle is what nobody needs."""
    # A policy's refusal is about no field.
    words = ": ".join(filter(None, (text(cause, "field"), text(cause, "message"))))
    return words if len(words) <= _CAUSE_LENGTH else f"{words[:_CAUSE_EDGE]} … {words[-_CAUSE_EDGE:]}"
