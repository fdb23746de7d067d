"""A cluster in a few lines: it answers like the API, and its ReplicaSets make pods when they are told to."""

import itertools
from typing import Any, TypeVar

import msgspec

from libs.workload.dialogue.wanted import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, Request, Seen
from libs.workload.kinds.naming import CLOSING_MANAGER, FIRST_APPLY, MANAGED_LABEL
from libs.workload.kinds.objects import Identity, Object, identity, is_leaving, number, table, text
from libs.workload.kinds.paths import plural_of

Answer = tuple[int, Object]
Value = TypeVar("Value")


def refusal(code: int, reason: str, message: str, **details: object) -> Answer:
    return code, {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}


class Cluster:
    def __init__(self) -> None:
        self.live: dict[Identity, Object] = {}
        self.pods: dict[Identity, list[Object]] = {}
        self.applied: dict[Identity, Object] = {}
        self.closed: dict[Identity, str] = {}
        """Objects of which another manager owns who made them: how."""
        self.writes: list[Request] = []
        self.requests = 0
        self.broken: set[str] = set()
        self._count = itertools.count(1)

    def send(self, request: Request) -> Answer:
        self.requests += 1
        if request.is_write:
            self.writes.append(request)
        match request.method, request.content_type:
            case "GET", _:
                return self._get(request)
            case "POST", _:
                return self._create(request)
            case "DELETE", _:
                return self._delete(request)
            case "PATCH", content_type if content_type == APPLY_PATCH:
                return self._apply(request)
            case _:
                return self._patch(request)

    def seen(self) -> Seen:
        """What a synced watch shows, and nothing else."""
        marked = {
            where: copied(live)
            for where, live in self.live.items()
            if where.kind == "ReplicaSet" and text(live, "metadata", "labels", MANAGED_LABEL)
        }
        return Seen(marked, {where: copied(self.pods.get(where, [])) for where in marked})

    def put(self, value: Object) -> Object:
        """An object that somebody else made."""
        where = identity(value)
        metadata = {**table(value, "metadata"), "uid": f"u{next(self._count)}", "generation": 1}
        self.live[where] = copied({**value, "metadata": metadata})
        self.touch(where)
        return self.live[where]

    def touch(self, where: Identity) -> None:
        self.live[where]["metadata"]["resourceVersion"] = str(next(self._count))

    def scale(self, where: Identity, size: int) -> None:
        """A person's `kubectl scale`."""
        self.live[where]["spec"]["replicas"] = size
        self.live[where]["metadata"]["generation"] += 1
        self.touch(where)

    def run(self) -> None:
        """The controllers catch up, and every pod that can becomes ready."""
        for where in [where for where in self.live if where.kind == "Deployment"]:
            self._let_go(where)
        for where in [where for where in self.pods if where not in self.live]:
            del self.pods[where]
        for where in [where for where in self.live if where.kind == "ReplicaSet"]:
            self.sync(where)
            for pod in self.pods[where]:
                if where.name not in self.broken:
                    make_ready(pod)
            self.report(where)

    def sync(self, where: Identity) -> None:
        """Make or take away pods; those that are not ready go first."""
        wanted = number(self.live[where], "spec", "replicas")
        pods = sorted(self.pods.get(where, []), key=lambda pod: not pod_is_ready(pod))[:wanted]
        pods += [self._pod(where) for _ in range(wanted - len(pods))]
        self.pods[where] = pods
        self.report(where)

    def report(self, where: Identity) -> None:
        pods = self.pods.get(where, [])
        ready = sum(pod_is_ready(pod) for pod in pods)
        before = self.live[where].get("status")
        generation = number(self.live[where], "metadata", "generation")
        after = {"replicas": len(pods), "availableReplicas": ready, "observedGeneration": generation}
        self.live[where]["status"] = after
        if before != after:
            self.touch(where)

    def _pod(self, owner: Identity) -> Object:
        name = f"{owner.name}-{next(self._count)}"
        reference = {"kind": "ReplicaSet", "name": owner.name, "controller": True}
        return {
            "metadata": {"name": name, "namespace": owner.namespace, "ownerReferences": [reference]},
            "status": {"conditions": []},
        }

    def _get(self, request: Request) -> Answer:
        if request.target.kind == "ReplicaSetList":
            found = [live for where, live in self.live.items() if where.kind == "ReplicaSet"]
            return 200, {"kind": "ReplicaSetList", "apiVersion": "apps/v1", "items": copied(found)}
        live = self.live.get(request.target)
        assert f"/{plural_of(request.target.kind)}/{request.target.name}" in request.path
        if live is None:
            return refusal(404, "NotFound", "not found", name=request.target.name)
        return 200, copied(live)

    def _create(self, request: Request) -> Answer:
        assert isinstance(request.body, dict)
        assert "fieldValidation=Strict" in request.path
        if request.target in self.live:
            return refusal(409, "AlreadyExists", "already exists")
        return 201, copied(self.put(request.body))

    def _delete(self, request: Request) -> Answer:
        live = self.live.get(request.target)
        if live is None:
            return refusal(404, "NotFound", "not found", name=request.target.name)
        for field, wanted in table(request.body, "preconditions").items():
            if live["metadata"][field] != wanted:
                return refusal(409, "Conflict", f"precondition failed: {field}")
        if table(request.body)["propagationPolicy"] == "Orphan":
            live["metadata"]["deletionTimestamp"] = "now"
            self.touch(request.target)
            return 200, copied(live)
        del self.live[request.target]
        self.applied.pop(request.target, None)
        self.closed.pop(request.target, None)
        return 200, {"kind": "Status", "status": "Success"}

    def _let_go(self, where: Identity) -> None:
        if not is_leaving(self.live[where]):
            self._take_in(where)
            return
        uid = self.live[where]["metadata"]["uid"]
        for live in self.live.values():
            owners = [one for one in live["metadata"].get("ownerReferences", []) if one["uid"] != uid]
            live["metadata"]["ownerReferences"] = owners
        del self.live[where]

    def _take_in(self, where: Identity) -> None:
        """A Deployment's controller looks at it, and takes in the versions that nobody owns."""
        owner = self.live[where]
        template = table(owner, "spec", "template")
        for live in self.live.values():
            is_version = live["kind"] == "ReplicaSet" and table(live, "spec", "template") == template
            if is_version and not live["metadata"].get("ownerReferences"):
                reference = {"uid": owner["metadata"]["uid"], "kind": "Deployment", "controller": True}
                live["metadata"]["ownerReferences"] = [reference]
        owner["status"] = {"observedGeneration": number(owner, "metadata", "generation")}

    def _apply(self, request: Request) -> Answer:
        """Server-side apply where every list is one field and nobody else owns what we do."""
        assert isinstance(request.body, dict)
        where, live = request.target, self.live.get(request.target)
        version = request.body["metadata"].get("resourceVersion")
        if version and (live is None or live["metadata"]["resourceVersion"] != version):
            return refusal(409, "Conflict", "the object has been modified")
        if "dryRun=All" in request.path:
            return 200, copied(request.body)
        taken = self.closed.get(where)
        if taken is not None and taken != table(request.body, "metadata", "annotations").get(FIRST_APPLY, taken):
            cause = {"reason": "FieldManagerConflict", "message": f'conflict with "{CLOSING_MANAGER}" using v1'}
            return refusal(409, "Conflict", "Apply failed", causes=[cause])
        if live is None:
            live = self.put({key: request.body[key] for key in ("apiVersion", "kind", "metadata")})
        ours = copied(request.body)
        ours["metadata"].pop("resourceVersion", None)
        merged = merge(remove(live, self.applied.get(where, {})), ours)
        self.applied[where] = ours
        entry = {
            "manager": "fairlead",
            "operation": "Apply",
            "apiVersion": ours["apiVersion"],
            "fieldsV1": fields(ours),
        }
        merged["metadata"] = {**live["metadata"], **merged["metadata"], "managedFields": [entry]}
        kept = {FIRST_APPLY: taken} if taken is not None else {}
        merged["metadata"]["annotations"] = {**table(ours, "metadata", "annotations"), **kept}
        self.live[where] = merged
        self.touch(where)
        return 200, copied(merged)

    def _patch(self, request: Request) -> Answer:
        live = self.live.get(request.target)
        if live is None:
            return refusal(404, "NotFound", "not found", name=request.target.name)
        size = number(live, "spec", "replicas")
        if request.content_type == MERGE_PATCH:
            assert isinstance(request.body, dict)
            if request.body["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
                return refusal(409, "Conflict", "the object has been modified")
            changed: Object | None = merge(live, request.body)
            if CLOSING_MANAGER in request.path:
                self.closed[request.target] = text(changed, "metadata", "annotations", FIRST_APPLY)
        else:
            assert request.content_type == JSON_PATCH
            changed = json_patched(live, request.body)
        if changed is None:
            return refusal(422, "Invalid", "the server rejected our request due to an error in our request")
        self.live[request.target] = changed
        changed["metadata"]["generation"] += number(changed, "spec", "replicas") != size
        self.touch(request.target)
        return 200, copied(changed)


def copied(value: Value) -> Value:
    """What goes through the API is JSON; this is four times faster than copying object by object."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=type(value))


def make_ready(pod: Object) -> None:
    pod["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}


def pod_is_ready(pod: Object) -> bool:
    return bool(pod["status"]["conditions"])


def merge(value: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return copied(patch)
    result = dict(value) if isinstance(value, dict) else {}
    for key, item in patch.items():
        if item is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), item)
    return result


def remove(value: Object, fields_of: Object) -> Object:
    """Without the leaves that another object has."""
    result = {}
    for key, item in value.items():
        if key not in fields_of or key in ("apiVersion", "kind"):
            result[key] = item
        elif isinstance(item, dict) and isinstance(fields_of[key], dict):
            result[key] = remove(item, fields_of[key])
    return result


def fields(value: Object) -> Object:
    """The field set of an applied object, lists as leaves."""
    names = {key: item for key, item in value.items() if key not in ("apiVersion", "kind", "name", "namespace")}
    return {f"f:{key}": fields(item) if isinstance(item, dict) else {} for key, item in names.items()}


def json_patched(value: Object, operations: Any) -> Object | None:
    """RFC 6902, the operations that we send; None where a test fails."""
    result = copied(value)
    for operation in operations:
        *path, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        place = result
        for name in path:
            place = place.get(name, {})
        if operation["op"] == "test" and place.get(last) != operation["value"]:
            return None
        if operation["op"] == "replace":
            if last not in place:
                return None
            place[last] = operation["value"]
        if operation["op"] == "add":
            place[last] = operation["value"]
        if operation["op"] == "remove" and place.pop(last, None) is None:
            return None
    return result
