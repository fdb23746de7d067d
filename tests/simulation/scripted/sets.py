"""How are ReplicaSets made, patched and deleted? As a real server does it, but for the record of who owns what."""

from collections.abc import Callable
from random import Random
from uuid import UUID

from sandbox.api import bodies
from sandbox.api.call import Call
from sandbox.api.wire import Request, Response, answer
from sandbox.api.writing import JSON_PATCH, MERGE_PATCH, deletion_of
from sandbox.objects import json_patch, merge_patch, refusals
from sandbox.objects.defaults import defaulted
from sandbox.objects.json import Object, at, number, stamp, table, text
from sandbox.objects.kinds import NAMESPACE, REPLICA_SET
from sandbox.state.cluster import SERVER_KEEPS, copied
from sandbox.state.store import Ref, Store
from tests.integration.crash.skipping import LoopClock

_OF_THE_SERVER = (*SERVER_KEEPS, "resourceVersion")


class Sets:
    def __init__(self, store: Store, clock: LoopClock, random: Random) -> None:
        self.verbs: dict[str, Callable[[Call, Request], Response]] = {
            "create": self.create,
            "patch": self.patch,
            "delete": self.delete,
        }
        self._store = store
        self._clock = clock
        self._random = random

    def create(self, call: Call, request: Request) -> Response:
        value = bodies.checked(call, bodies.decoded(request))
        name = text(value, "metadata", "name")
        if self._store.record(Ref(NAMESPACE.resource, "", call.namespace)) is None:
            raise refusals.not_found(NAMESPACE, call.namespace)
        if self._store.record(Ref(REPLICA_SET.resource, call.namespace, name)) is not None:
            raise refusals.already_exists(REPLICA_SET, name)
        given = {"uid": self._uid(), "creationTimestamp": stamp(self._clock.now()), "generation": 1}
        made = {**defaulted(REPLICA_SET, value), "metadata": {**value["metadata"], **given}, "status": {}}
        return answer(self._store.put(REPLICA_SET.resource, made).value, 201)

    def patch(self, call: Call, request: Request) -> Response:
        live = self._live(call)
        patched = self._patched(copied(live), request)
        version = at(patched, "metadata", "resourceVersion")
        if version and version != at(live, "metadata", "resourceVersion"):
            raise refusals.modified(REPLICA_SET, call.name)
        new = _next(live, patched)
        return answer(live if new == live else self._store.put(REPLICA_SET.resource, new).value)

    def delete(self, call: Call, request: Request) -> Response:
        live = self._live(call)
        deletion_of(request).check(REPLICA_SET, live)
        self._store.remove(call.ref)
        details = {"name": call.name, "group": "apps", "kind": "replicasets", "uid": at(live, "metadata", "uid")}
        return answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})

    def _patched(self, live: Object, request: Request) -> Object:
        match request.content_type:
            case "application/json-patch+json":
                return json_patch.patched(live, json_patch.parse(request.body))
            case "application/merge-patch+json":
                return table({"own": merge_patch.merged(live, bodies.parsed(request.body))}, "own")
            case other:
                raise refusals.wrong_media_type(other, f"{JSON_PATCH}, {MERGE_PATCH}")

    def _live(self, call: Call) -> Object:
        found = self._store.get(call.ref)
        if found is None:
            raise refusals.not_found(REPLICA_SET, call.name)
        return found

    def _uid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def rehearsed(call: Call, request: Request) -> Object:
    """A Deployment as it would be made, if it were."""
    value = bodies.checked(call, bodies.decoded(request))
    return {**defaulted(call.kind, value), "status": {}}


def _next(live: Object, patched: Object) -> Object:
    """With what only the server writes as it was, and one more generation where something else is wanted."""
    kept = {name: at(live, "metadata", name) for name in _OF_THE_SERVER if at(live, "metadata", name) is not None}
    new = {**patched, "metadata": {**patched["metadata"], **kept}, "status": live["status"]}
    if new["spec"] != live["spec"]:
        new["metadata"]["generation"] = number(live, "metadata", "generation") + 1
    return new
