"""What may be written, and what does the API server add to it? Every write of every kind, by people and
controllers alike.
"""

from collections.abc import Callable
from datetime import datetime
from random import Random
from uuid import UUID

import msgspec
from msgspec import Struct

from sandbox.fields.lean import lean
from sandbox.fields.table import struct_of
from sandbox.objects import apply, refusals
from sandbox.objects.causes import bad_value
from sandbox.objects.defaults import defaulted, selecting
from sandbox.objects.definitions import filled, problems_of
from sandbox.objects.json import Object, at, items, number, placed, stamp, table, text
from sandbox.objects.kinds import CUSTOM_DEFINITION, DEPLOYMENT, JOB, NAMESPACE, POD, SERVICE, Catalogue, Kind
from sandbox.objects.ownership import Author, after_update, recorded
from sandbox.objects.validation import problems
from sandbox.state.custom import established, kinds_of
from sandbox.state.deletion import Deletion, marked, orphaned
from sandbox.state.quotas import refusal
from sandbox.state.store import Change, Event, Ref, Store, reference

SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
GENERATED_NAME_LENGTH = 58
GIVEN = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
"""What the server gives a Service, and keeps for it where an update leaves it out."""
FORGOTTEN_OWNERS: tuple[list[Object], ...] = ([], [{}])
"""With one of these for a record, a writer wipes it out."""
FIRST_STATUS: dict[str, Object] = {
    "Ingress": {"loadBalancer": {}},
    "HorizontalPodAutoscaler": {"currentMetrics": None, "desiredReplicas": 0},
    "PodDisruptionBudget": dict.fromkeys(("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"), 0),
}
SERVER_KEEPS = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")


class Intent(Struct, frozen=True):
    """How something is written: by whom, to which part, for real or as a rehearsal."""

    author: Author
    dry_run: bool = False
    is_patch: bool = False

    @property
    def subresource(self) -> str:
        return self.author.subresource


class Cluster:
    """The API server's rules over one store. Methods answer the object as stored, or raise `Refused`."""

    def __init__(self, store: Store, now: Callable[[], datetime], random: Random) -> None:
        self.store = store
        self.catalogue = Catalogue()
        self._now = now
        self._random = random
        for record in store.records(CUSTOM_DEFINITION.resource):
            self.catalogue.add(kinds_of(record.value))
        store.listen(self._serve_custom)

    def suffix(self, length: int = 5) -> str:
        return "".join(self._random.choices(SUFFIX_LETTERS, k=length))

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        found = self.store.get(Ref(kind.resource, namespace, name))
        if found is None:
            raise refusals.not_found(kind, name)
        return found

    def create(self, kind: Kind, value: Object, intent: Intent) -> Object:
        value = self._named(kind, value)
        name, namespace = text(value, "metadata", "name"), text(value, "metadata", "namespace")
        if at(value, "metadata", "resourceVersion"):
            raise refusals.Refused(500, "", "resourceVersion should not be set on objects to be created")
        if (found := self.store.get(Ref(kind.resource, namespace, name))) is not None:
            raise refusals.already_exists(kind, name, is_dying=bool(at(found, "metadata", "deletionTimestamp")))
        value = self._fresh(kind, value)
        shares = after_update(kind, {}, value, intent.author, self._now())
        return self._add(kind, recorded(self._completed(kind, value), shares), intent)

    def replace(self, kind: Kind, value: Object, intent: Intent) -> Object:
        """Store a new version of a whole object, as far as the subresource reaches."""
        name = text(value, "metadata", "name")
        live = self.get(kind, text(value, "metadata", "namespace"), name)
        self._check_version(kind, live, value, is_whole=not intent.is_patch)
        new = self._next(kind, live, value, intent.subresource)
        if at(value, "metadata", "managedFields") in FORGOTTEN_OWNERS:
            return self._store(kind, live, recorded(new, []), intent)
        shares = after_update(kind, live, new, intent.author, self._now())
        return self._store(kind, live, recorded(new, shares), intent)

    def apply(self, kind: Kind, wanted: Object, intent: Intent, *, force: bool) -> tuple[Object, bool]:
        """Server-side apply; also answers whether the object is new."""
        ref = Ref(kind.resource, text(wanted, "metadata", "namespace"), text(wanted, "metadata", "name"))
        live = self.store.get(ref)
        base = live or {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {}}
        wish = apply.Wish(intent.author, apply.stripped(wanted), force)
        match apply.apply(kind, base, wish, self._now()):
            case apply.Conflicts(message, causes):
                raise refusals.apply_conflict(message, causes)
            case apply.Applied(value, shares):
                struct = struct_of(kind)
                value = lean(struct, value) if struct else value
        if live is None:
            self._require_new(kind, ref, wanted)
            return self._add(kind, recorded(self._completed(kind, self._fresh(kind, value)), shares), intent), True
        self._check_version(kind, live, wanted, is_whole=False)
        new = self._next(kind, live, value, intent.subresource)
        return self._store(kind, live, recorded(new, shares), intent), False

    def delete(self, kind: Kind, ref: Ref, deletion: Deletion) -> Object:
        """Begin or finish a deletion. What is answered is gone if it bears no deletionTimestamp."""
        live = self.get(kind, ref.namespace, ref.name)
        deletion.check(kind, live)
        if kind is NAMESPACE and ref.name in {"default", "kube-system"}:
            raise refusals.forbidden(kind, ref.name, "this namespace may not be deleted")
        if deletion.dry_run:
            return live
        waits = marked(kind, live, deletion, self._now())
        if waits is None:
            self.store.remove(ref)
            return live
        return waits if waits is live else self.store.put(kind.resource, waits).value

    def release(self, uid: str, intent: Intent) -> None:
        """Let go of what an owner leaves behind."""
        for ref in self.store.owned_by(uid):
            dependent, kind = self.store.get(ref), self.catalogue.named(ref.resource)
            if dependent is not None and kind is not None:
                self.replace(kind, orphaned(dependent, uid), intent)

    def _named(self, kind: Kind, value: Object) -> Object:
        prefix = text(value, "metadata", "generateName")
        if text(value, "metadata", "name") or not prefix:
            return value
        return placed(value, ("metadata", "name"), prefix[:GENERATED_NAME_LENGTH] + self.suffix())

    def _require_new(self, kind: Kind, ref: Ref, wanted: Object) -> None:
        if at(wanted, "metadata", "uid"):
            uid = at(wanted, "metadata", "uid")
            why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise refusals.conflict(kind, ref.name, why)

    def _fresh(self, kind: Kind, value: Object) -> Object:
        """A new object with its identity and its defaults: so far its author owns all of it."""
        self._check_namespace(kind, value)
        keeps_status = not kind.has_status or kind.name == "Node"
        value = self._defaulted(kind, value if keeps_status else {k: v for k, v in value.items() if k != "status"})
        kept = {name: item for name, item in table(value, "metadata").items() if name not in SERVER_KEEPS}
        metadata = {**kept, "uid": self._uid(), "creationTimestamp": stamp(self._now())}
        if kind.counts_generations:
            metadata["generation"] = 1
        elif given := number(value, "metadata", "generation"):
            metadata["generation"] = given
        return {**value, "metadata": metadata}

    def _completed(self, kind: Kind, value: Object) -> Object:
        """With what only the server can give it: a first status, addresses, the labels of its pods."""
        return self._first_status(kind, selecting(value) if kind is JOB else value)

    def _defaulted(self, kind: Kind, value: Object) -> Object:
        schema = self.catalogue.served(kind).schema
        return defaulted(kind, value) if schema is None else table({"own": filled(schema, value)}, "own")

    def _first_status(self, kind: Kind, value: Object) -> Object:
        if kind is POD:
            return {**value, "status": {"phase": "Pending", "qosClass": "BestEffort"}}
        if kind is CUSTOM_DEFINITION:
            return established(value, self._now())
        if kind is SERVICE:
            return self._addressed({**value, "status": {"loadBalancer": {}}})
        if kind.has_status and "status" not in value and not kind.is_custom:
            return {**value, "status": FIRST_STATUS.get(kind.name, {})}
        return value

    def _addressed(self, service: Object) -> Object:
        if at(service, "spec", "type") == "ExternalName":
            return service
        address = (
            text(service, "spec", "clusterIP")
            or f"10.96.{self._random.randrange(256)}.{self._random.randrange(1, 255)}"
        )
        given = {"clusterIP": address, "clusterIPs": [address], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
        return {**service, "spec": {**service["spec"], **given}}

    def _uid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def _check_namespace(self, kind: Kind, value: Object) -> None:
        if not kind.namespaced:
            return
        namespace = text(value, "metadata", "namespace")
        found = self.store.get(Ref(NAMESPACE.resource, "", namespace))
        if found is None:
            raise refusals.not_found(NAMESPACE, namespace)
        if at(found, "metadata", "deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            raise refusals.forbidden(kind, text(value, "metadata", "name"), why)

    def _check_version(self, kind: Kind, live: Object, value: Object, *, is_whole: bool) -> None:
        name = text(live, "metadata", "name")
        wanted = at(value, "metadata", "resourceVersion")
        if not wanted and is_whole and kind.is_custom:
            missing = bad_value("metadata.resourceVersion", 0, "must be specified for an update")
            raise refusals.invalid(kind, name, [missing])
        if wanted and wanted != at(live, "metadata", "resourceVersion"):
            raise refusals.modified(kind, name)
        uid, own = at(value, "metadata", "uid"), at(live, "metadata", "uid")
        if uid and uid != own and is_whole:
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {own}"
            raise refusals.conflict(kind, name, why)
        if uid and uid != own:
            raise refusals.invalid(kind, name, [bad_value("metadata.uid", uid, "field is immutable")])

    def _next(self, kind: Kind, live: Object, value: Object, subresource: str) -> Object:
        """The live object with what this write may change: all but the status, or the status alone."""
        if subresource == "status":
            told = {**live, "status": value.get("status", {})}
            # The controller numbers a Deployment as it tells its status.
            place = ("metadata", "annotations")
            return placed(told, place, at(value, *place)) if kind is DEPLOYMENT else told
        if subresource == "binding":
            return {**live, "spec": value["spec"], "status": value.get("status", {})}
        value = self._defaulted(kind, value)
        if kind is SERVICE and not at(value, "spec", "clusterIP"):
            given = {name: at(live, "spec", name) for name in GIVEN if at(live, "spec", name) is not None}
            value = {**value, "spec": {**given, **value["spec"]}}
        kept = {name: at(live, "metadata", name) for name in SERVER_KEEPS if at(live, "metadata", name) is not None}
        own = {name: item for name, item in table(value, "metadata").items() if name not in SERVER_KEEPS}
        new = {**value, "metadata": {**own, **kept}}
        if kind.has_status and "status" in live:
            new["status"] = live["status"]
        return self._counted(kind, live, new)

    def _counted(self, kind: Kind, live: Object, new: Object) -> Object:
        """One more generation when anything changed that is neither metadata nor status."""
        if not kind.counts_generations or (_wanted(kind, live) == _wanted(kind, new) and not _renoted(kind, live, new)):
            return new
        return placed(new, ("metadata", "generation"), number(live, "metadata", "generation") + 1)

    def _add(self, kind: Kind, value: Object, intent: Intent) -> Object:
        self._validate(kind, value, None)
        if (why := refusal(self.store, kind, value)) is not None:
            raise refusals.forbidden(kind, text(value, "metadata", "name"), why)
        return value if intent.dry_run else self.store.put(kind.resource, value).value

    def _store(self, kind: Kind, live: Object, new: Object, intent: Intent) -> Object:
        if intent.subresource != "status":
            self._validate(kind, new, live)
        if _same(live, new):
            return live
        if intent.dry_run:
            return new
        if at(new, "metadata", "deletionTimestamp") and not self._is_held(kind, new):
            self.store.put(kind.resource, new)
            return self.store.remove(
                Ref(kind.resource, text(new, "metadata", "namespace"), text(new, "metadata", "name"))
            ).value
        return self.store.put(kind.resource, new).value

    def _is_held(self, kind: Kind, value: Object) -> bool:
        """A dying object stays while a finalizer, its contents or its kubelet hold it."""
        grace = number(value, "metadata", "deletionGracePeriodSeconds")
        return bool(items(value, "metadata", "finalizers")) or kind is NAMESPACE or (kind is POD and grace > 0)

    def _validate(self, kind: Kind, value: Object, live: Object | None) -> None:
        causes = problems(kind, value, live)
        if schema := self.catalogue.served(kind).schema:
            causes = [*causes, *problems_of(schema, value)]
        if causes:
            raise refusals.invalid(kind, text(value, "metadata", "name"), causes)

    def _serve_custom(self, event: Event) -> None:
        if event.ref.resource != CUSTOM_DEFINITION.resource:
            return
        if event.previous is not None:
            self.catalogue.remove(event.ref.name)
        if event.change is not Change.DELETED:
            self.catalogue.add(kinds_of(event.value))
        elif event.previous is not None:
            self._bury(event.ref.name)

    def _bury(self, resource: str) -> None:
        """The objects of a kind that is no longer defined: nobody can ask for them any more."""
        for record in list(self.store.records(resource)):
            self.store.remove(reference(resource, record.value))


def copied(value: Object) -> Object:
    """A deep copy that the caller may change."""
    return msgspec.json.decode(msgspec.json.encode(value), type=Object)


def _wanted(kind: Kind, value: Object) -> Object:
    told = {"metadata", "status"} if kind.has_status or not kind.is_custom else {"metadata"}
    return {name: item for name, item in value.items() if name not in told}


def _renoted(kind: Kind, live: Object, new: Object) -> bool:
    """A Deployment counts its annotations as well, whatever they say."""
    return kind is DEPLOYMENT and table(live, "metadata", "annotations") != table(new, "metadata", "annotations")


def _same(live: Object, new: Object) -> bool:
    """Equal but for the version, which a writer need not send, and the order and instants of the record of owners."""
    return (
        _without(live, "metadata") == _without(new, "metadata")
        and _without(live["metadata"], *_OF_EACH_WRITE) == _without(new["metadata"], *_OF_EACH_WRITE)
        and _owners(live) == _owners(new)
    )


_OF_EACH_WRITE = ("managedFields", "resourceVersion")


def _without(value: Object, *names: str) -> Object:
    return {name: item for name, item in value.items() if name not in names}


def _owners(value: Object) -> Object:
    return {_owner(entry): entry.get("fieldsV1") for entry in items(value, "metadata", "managedFields")}


def _owner(entry: Object) -> str:
    return " ".join(text(entry, name) for name in ("manager", "operation", "subresource", "apiVersion"))
