"""How are objects created, replaced, patched and deleted through the API? Each verb reads its request and calls
the cluster.
"""

from collections.abc import Callable

from sandbox.api import bodies, scale
from sandbox.api.admission import admitted, check_applied
from sandbox.api.call import Call, field_manager, is_rehearsal
from sandbox.api.options import invalid_option
from sandbox.api.reading import listed, matcher
from sandbox.api.wire import Request, Response, answer, warned
from sandbox.objects import json_patch, merge_patch, refusals
from sandbox.objects.json import Object, at, placed, table, text
from sandbox.objects.ownership import APPLY, UPDATE, Author
from sandbox.objects.schema import rules_for
from sandbox.state.cluster import Cluster, Intent, copied
from sandbox.state.deletion import Deletion
from sandbox.state.store import Ref

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
TOLD_WHOLE = frozenset(
    {"pods", "services", "serviceaccounts", "resourcequotas", "persistentvolumes", "persistentvolumeclaims"}
    | {"namespaces", "storageclasses.storage.k8s.io"}
)
"""Kinds of which a deletion answers the object itself, and not only that it is gone."""
PROPAGATIONS = ("Background", "Foreground", "Orphan")


class Writer:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.verbs: dict[str, Callable[[Call, Request], Response]] = {
            "create": self.create,
            "update": self.update,
            "patch": self.patch,
            "delete": self.delete,
            "deletecollection": self.delete_all,
        }

    def create(self, call: Call, request: Request) -> Response:
        if call.name:
            raise refusals.wrong_method()
        value, warnings = admitted(call, request, bodies.checked(call, bodies.decoded(request)))
        return warned(answer(self._cluster.create(call.kind, value, _intent(call, request)), 201), warnings)

    def update(self, call: Call, request: Request) -> Response:
        body = bodies.decoded(request)
        if call.subresource == "scale":
            return self._rescale(call, request, body)
        _check_subresource(call)
        return self._replace(call, request, body)

    def _replace(self, call: Call, request: Request, value: Object) -> Response:
        value, warnings = admitted(call, request, bodies.checked(call, value))
        return warned(answer(self._cluster.replace(call.kind, value, _intent(call, request))), warnings)

    def patch(self, call: Call, request: Request) -> Response:
        if request.content_type == APPLY_PATCH:
            return self._apply(call, request)
        live = copied(self._cluster.get(call.kind, call.namespace, call.name))
        if call.subresource == "scale":
            return self._rescale(call, request, _patched(call, request, scale.scale_of(live)))
        _check_subresource(call)
        patched = _patched(call, request, live)
        if text(patched, "metadata", "name") != call.name:
            raise refusals.bad_request("the name of the object does not match the name on the URL")
        return self._replace(call, request, patched)

    def _apply(self, call: Call, request: Request) -> Response:
        if not request.query.get("fieldManager"):
            message = "Required value: is required for apply patch"
            raise invalid_option(request, "fieldManager", "FieldValueRequired", message)
        _check_subresource(call)
        wanted = bodies.checked(call, bodies.decoded(request))
        if at(wanted, "metadata", "managedFields"):
            raise refusals.bad_request("metadata.managedFields must be nil")
        check_applied(call, wanted)
        value, is_new = self._cluster.apply(call.kind, wanted, _intent(call, request), force=request.flag("force"))
        return answer(value, 201 if is_new else 200)

    def _rescale(self, call: Call, request: Request, wanted: Object) -> Response:
        if not call.kind.has_scale:
            raise refusals.no_such_path()
        live = self._cluster.get(call.kind, call.namespace, call.name)
        value = self._cluster.replace(call.kind, scale.resized(live, wanted), _intent(call, request))
        return answer(scale.scale_of(value))

    def delete(self, call: Call, request: Request) -> Response:
        if call.subresource:
            raise refusals.wrong_method()
        deletion = deletion_of(request)
        value = self._cluster.delete(call.kind, call.ref, deletion)
        waits = self._cluster.store.record(call.ref) is not None and not deletion.dry_run
        return answer(value if waits or call.kind.resource in TOLD_WHOLE else _gone(call, value))

    def delete_all(self, call: Call, request: Request) -> Response:
        holds, options = matcher(request), deletion_of(request)
        values = [r.value for r in self._cluster.store.records(call.kind.resource, call.namespace) if holds(r.value)]
        for value in values:
            ref = Ref(call.kind.resource, text(value, "metadata", "namespace"), text(value, "metadata", "name"))
            self._cluster.delete(call.kind, ref, options)
        head = {"kind": f"{call.kind.name}List", "apiVersion": call.kind.api_version}
        metadata = {"resourceVersion": str(self._cluster.store.revision)}
        return answer({**head, "metadata": metadata, "items": [listed(call.kind, value) for value in values]})


def _intent(call: Call, request: Request) -> Intent:
    operation = APPLY if request.content_type == APPLY_PATCH else UPDATE
    author = Author(name=field_manager(request), operation=operation, subresource=call.subresource)
    return Intent(author, is_rehearsal(request), request.method == "PATCH")


def _check_subresource(call: Call) -> None:
    if call.subresource not in {"", "status"} or (call.subresource == "status" and not call.kind.has_status):
        raise refusals.no_such_path()


def _patched(call: Call, request: Request, live: Object) -> Object:
    """The patched object; its version is bound only if the patch itself names one."""
    version = at(live, "metadata", "resourceVersion")
    match request.content_type:
        case "application/json-patch+json":
            patched = json_patch.patched(live, json_patch.parse(request.body))
        case "application/merge-patch+json":
            patched = merge_patch.merged(live, bodies.parsed(request.body))
        case "application/strategic-merge-patch+json" if not call.kind.is_custom:
            patched = merge_patch.strategic(live, bodies.parsed(request.body), rules_for(call.kind))
        case other:
            raise refusals.wrong_media_type(other, ", ".join((JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)))
    if not isinstance(patched.get("metadata"), dict):
        raise refusals.bad_request("metadata must be an object")
    unmoved = at(patched, "metadata", "resourceVersion") == version
    return placed(patched, ("metadata", "resourceVersion"), None) if unmoved else patched


def deletion_of(request: Request) -> Deletion:
    """Options come in the body, or in the query."""
    body = bodies.decoded(request) if request.body.strip() else {}
    propagation = body.get("propagationPolicy") or request.query.get("propagationPolicy") or "Background"
    if propagation not in PROPAGATIONS:
        message = f'Unsupported value: "{propagation}": supported values: "Foreground", "Background", "Orphan", "nil"'
        raise invalid_option(request, "propagationPolicy", "FieldValueNotSupported", message)
    grace = body.get("gracePeriodSeconds", request.query.get("gracePeriodSeconds"))
    return Deletion(
        propagation=propagation,
        uid=text(body, "preconditions", "uid"),
        resource_version=text(body, "preconditions", "resourceVersion"),
        grace_seconds=bodies.whole_number(grace, "gracePeriodSeconds"),
        dry_run=is_rehearsal(request) or body.get("dryRun") == ["All"],
    )


def _gone(call: Call, value: Object) -> Object:
    details = {
        "name": call.name,
        "group": call.kind.group,
        "kind": call.kind.plural,
        "uid": table(value, "metadata").get("uid"),
    }
    told = {name: item for name, item in details.items() if item}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": told}
