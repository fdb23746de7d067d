"""What is told of the cluster's own doings, as Event objects: few, counted where they repeat, and forgotten in time."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from msgspec import Struct

from sandbox.objects.json import Object, at, instant, items, number, stamp, text
from sandbox.objects.kinds import EVENT, NAMESPACE, POD, REPLICA_SET
from sandbox.simulation.step import controller_of, is_dying, name_of, uid_of
from sandbox.state.store import Change, Event, Ref, Store

MOST = 1000
LIFETIME = timedelta(hours=1)
_SOURCES = {"Scheduled": "default-scheduler"}
_FAILURES = {"ErrImagePull": "Failed", "ImagePullBackOff": "BackOff", "CrashLoopBackOff": "BackOff"}
_CONTROLLERS = {"Deployment": "deployment-controller", "ReplicaSet": "replicaset-controller"}


class Told(Struct, frozen=True):
    """One thing that happened, to one object."""

    about: Object
    """Whom it concerns: apiVersion, kind, namespace, name, uid."""
    reason: str
    message: str
    kind: str = "Normal"

    @property
    def key(self) -> tuple[str, str, str]:
        return text(self.about, "uid"), self.reason, self.message


class Chronicle:
    """Listens to the store; `write` puts down what was heard, so that no listener writes while others still listen."""

    def __init__(self, store: Store, now: Callable[[], datetime], random: Random) -> None:
        self._store = store
        self._now = now
        self._random = random
        self._heard: list[Told] = []
        self._kept: OrderedDict[tuple[str, str, str], Ref] = OrderedDict()
        for record in sorted(store.records(EVENT.resource), key=lambda record: text(record.value, "lastTimestamp")):
            self._keep(record.value)
        store.listen(self._listen)

    def note(self, told: Told) -> None:
        self._heard.append(told)

    def write(self) -> None:
        heard, self._heard = self._heard, []
        for told in heard:
            self._put(told)
        self._forget()

    def _listen(self, event: Event) -> None:
        if event.ref.resource == POD.resource:
            self._heard += _of_pod(event)
        elif event.ref.resource == REPLICA_SET.resource:
            self._heard += _of_replica_set(event)

    def _put(self, told: Told) -> None:
        known = self._store.get(self._kept[told.key]) if told.key in self._kept else None
        home = self._store.get(Ref(NAMESPACE.resource, "", text(told.about, "namespace")))
        if home is None or is_dying(home):
            return
        value = self._repeated(known) if known is not None else self._fresh(told)
        self._keep(self._store.put(EVENT.resource, value).value)

    def _repeated(self, known: Object) -> Object:
        return {**known, "count": number(known, "count") + 1, "lastTimestamp": stamp(self._now())}

    def _fresh(self, told: Told) -> Object:
        now, about = stamp(self._now()), told.about
        source = _SOURCES.get(told.reason) or _CONTROLLERS.get(text(about, "kind"), "kubelet")
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"{text(about, 'name')}.{self._random.getrandbits(64):016x}",
                "namespace": text(about, "namespace"),
                "uid": f"{self._random.getrandbits(128):032x}",
                "creationTimestamp": now,
            },
            "involvedObject": about,
            "reason": told.reason,
            "message": told.message,
            "source": {"component": source},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": told.kind,
            "eventTime": None,
            "reportingComponent": source,
            "reportingInstance": "",
        }

    def _keep(self, value: Object) -> None:
        key = (text(value, "involvedObject", "uid"), text(value, "reason"), text(value, "message"))
        self._kept[key] = Ref(EVENT.resource, text(value, "metadata", "namespace"), name_of(value))
        self._kept.move_to_end(key)

    def _forget(self) -> None:
        """The oldest go, when they are too many or too old."""
        while self._kept:
            key, ref = next(iter(self._kept.items()))
            value = self._store.get(ref)
            if value is not None:
                if len(self._kept) <= MOST and self._now() - instant(text(value, "lastTimestamp")) < LIFETIME:
                    return
                self._store.remove(ref)
            del self._kept[key]


def about(value: Object) -> Object:
    told = {
        "apiVersion": text(value, "apiVersion"),
        "kind": text(value, "kind"),
        "name": name_of(value),
        "namespace": text(value, "metadata", "namespace"),
        "uid": uid_of(value),
    }
    return {name: item for name, item in told.items() if item}


def _about_controller(value: Object) -> Object | None:
    controller = controller_of(value)
    if controller is None:
        return None
    told = {name: controller.get(name) for name in ("apiVersion", "kind", "name", "uid")}
    return {**told, "namespace": text(value, "metadata", "namespace")}


def _of_pod(event: Event) -> Iterator[Told]:
    pod, before = event.value, event.previous or {}
    owner, name = _about_controller(pod), name_of(pod)
    if event.change is Change.ADDED and owner is not None:
        yield Told(owner, "SuccessfulCreate", f"Created pod: {name}")
    if is_dying(pod) and not is_dying(before) and event.change is Change.MODIFIED:
        yield Told(about(pod), "Killing", f"Stopping container {_first(pod)}")
        if owner is not None:
            yield Told(owner, "SuccessfulDelete", f"Deleted pod: {name}")
    if (node := text(pod, "spec", "nodeName")) and not text(before, "spec", "nodeName"):
        home = text(pod, "metadata", "namespace")
        yield Told(about(pod), "Scheduled", f"Successfully assigned {home}/{name} to {node}")
    yield from _of_containers(pod, before)


def _of_containers(pod: Object, before: Object) -> Iterator[Told]:
    if _runs(pod) and not _runs(before):
        yield Told(about(pod), "Started", f"Container {_first(pod)} started")
    waiting, had = _waiting(pod), _waiting(before)
    if waiting != had and (reason := _FAILURES.get(text(waiting, "reason"))):
        yield Told(about(pod), reason, text(waiting, "message"), "Warning")
    elif _is_unready(pod) and not _is_unready(before) and _runs(pod):
        yield Told(about(pod), "Unhealthy", "Readiness probe failed", "Warning")


def _of_replica_set(event: Event) -> Iterator[Told]:
    """What its Deployment did: one that nobody controls is scaled by somebody from outside, who tells for himself."""
    owner = _about_controller(event.value)
    if event.change is Change.DELETED or owner is None or owner["kind"] != "Deployment":
        return
    size, had = number(event.value, "spec", "replicas"), number(event.previous or {}, "spec", "replicas")
    if size != had:
        way = "up" if size > had else "down"
        name = name_of(event.value)
        yield Told(owner, "ScalingReplicaSet", f"Scaled {way} replica set {name} from {had} to {size}")


def _first(pod: Object) -> str:
    return text(next(iter(items(pod, "spec", "containers")), {}), "name")


def _runs(pod: Object) -> bool:
    return any(at(status, "state", "running") for status in items(pod, "status", "containerStatuses"))


def _waiting(pod: Object) -> Object:
    found = (at(status, "state", "waiting") for status in items(pod, "status", "containerStatuses"))
    return next((one for one in found if isinstance(one, dict)), {})


def _is_unready(pod: Object) -> bool:
    """Was ready once: a probe that has not succeeded yet is no failure."""
    ready = [one for one in items(pod, "status", "conditions") if one.get("type") == "Ready"]
    return bool(ready) and ready[0].get("status") == "False" and bool(ready[0].get("reason") != "ContainersNotReady")
