"""What becomes of pods? As many as their ReplicaSet wants, each ready after the delay that its annotations tell.

A pod skips the stages that no steering tells apart, so that few changes are made. No task waits for anything: each
step is a call at its instant on the loop.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from random import Random
from uuid import UUID

from sandbox.objects.json import Object, at, number, placed, stamp, table, text
from sandbox.objects.kinds import POD, REPLICA_SET
from sandbox.objects.selectors import labels_of
from sandbox.simulation import pod_status
from sandbox.simulation.behaviour import READY_SECONDS, Behaviour, behaviour_of
from sandbox.simulation.pod_status import Kubelet
from sandbox.simulation.pods import is_active, is_ready
from sandbox.simulation.replicasets import pod_of
from sandbox.simulation.step import is_dying, with_status
from sandbox.state.store import Change, Event, Ref, Store, reference
from tests.integration.crash.skipping import LoopClock

LOOK_SECONDS = 0.02
"""How long a controller takes to notice."""
ENDING_SECONDS = 0.05
GRACE_SECONDS = 30
PULL_SECONDS = 1.0
CRASHES = 5
"""So often a pod crashes; from then on it stays in its back-off."""
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_SETS, _PODS = REPLICA_SET.resource, POD.resource

Step = Callable[[Object], Object]


class Pods:
    def __init__(self, store: Store, clock: LoopClock, random: Random) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._due: set[Ref] = set()
        """ReplicaSets that are about to be looked at."""
        store.listen(self._heard)

    def _heard(self, event: Event) -> None:
        if event.ref.resource == _SETS and event.change is Change.DELETED:
            for ref in self._store.owned_by(text(event.value, "metadata", "uid")):
                self._end(ref)
        elif event.ref.resource == _SETS:
            self._notice(event.ref)
        elif event.ref.resource == _PODS:
            self._notice(Ref(_SETS, event.ref.namespace, text(_owner(event.value), "name")))

    def _notice(self, ref: Ref) -> None:
        if ref not in self._due:
            self._due.add(ref)
            self._later(LOOK_SECONDS, lambda: self._look(ref))

    def _look(self, ref: Ref) -> None:
        self._due.discard(ref)
        replica_set = self._store.get(ref)
        if replica_set is None:
            return
        pods = [pod for one in self._store.owned_by(replica_set["metadata"]["uid"]) if (pod := self._store.get(one))]
        active = [pod for pod in pods if is_active(pod)]
        told = _counted(replica_set, active, len(pods) - len(active))
        if told != replica_set:
            self._store.put(_SETS, told)
        missing = number(replica_set, "spec", "replicas", default=1) - len(active)
        for _ in range(missing):
            self._make(replica_set)
        for pod in sorted(active, key=is_ready)[: max(0, -missing)]:
            self._end(reference(_PODS, pod))

    def _make(self, replica_set: Object) -> None:
        now, uid = self._clock.now(), str(UUID(int=self._random.getrandbits(128), version=4))
        pod = pod_of(REPLICA_SET, replica_set, "".join(self._random.choices(_LETTERS, k=5)))
        pod["metadata"] |= {"uid": uid, "creationTimestamp": stamp(now)}
        behaviour = behaviour_of(pod, (), READY_SECONDS * (0.9 + 0.2 * self._random.random()))
        kubelet = Kubelet(now, behaviour, "node-1", f"10.1.0.{self._random.randrange(1, 255)}")
        self._store.put(_PODS, pod_status.scheduled(pod, kubelet))
        self._begin(reference(_PODS, pod), uid, behaviour)

    def _begin(self, ref: Ref, uid: str, behaviour: Behaviour) -> None:
        """Call every step of its life at its instant."""
        for seconds, step in self._life(behaviour):
            self._later(seconds, partial(self._take, ref, uid, step))

    def _life(self, behaviour: Behaviour) -> list[tuple[float, Step]]:
        first = behaviour.ready_seconds
        if behaviour.is_pending:
            return []
        if behaviour.is_unpullable:
            return [(first, pod_status.unpulled), (first + PULL_SECONDS, pod_status.unpulled)]
        if behaviour.is_crashing:
            return [(first + 2.0**number, self._crashed) for number in range(CRASHES)]
        if behaviour.is_never_ready:
            return [(first, self._started)]
        steps: list[tuple[float, Step]] = [(first + behaviour.start_seconds, self._ready)]
        if behaviour.unready_after_seconds is not None:
            steps.append((steps[0][0] + behaviour.unready_after_seconds, self._unready))
        return steps

    def _started(self, pod: Object) -> Object:
        return pod_status.started(pod, self._clock.now())

    def _ready(self, pod: Object) -> Object:
        return pod_status.readied(self._started(pod), self._clock.now(), is_ready=True)

    def _unready(self, pod: Object) -> Object:
        return pod_status.readied(pod, self._clock.now(), is_ready=False)

    def _crashed(self, pod: Object) -> Object:
        return pod_status.crashed(self._started(pod), self._clock.now())

    def _take(self, ref: Ref, uid: str, step: Step) -> None:
        pod = self._store.get(ref)
        if pod is not None and at(pod, "metadata", "uid") == uid and not is_dying(pod):
            self._store.put(_PODS, step(pod))

    def _end(self, ref: Ref) -> None:
        pod = self._store.get(ref)
        if pod is None or is_dying(pod):
            return
        dying = placed(pod, ("metadata", "deletionTimestamp"), stamp(self._clock.now()))
        self._store.put(_PODS, placed(dying, ("metadata", "deletionGracePeriodSeconds"), GRACE_SECONDS))
        self._later(ENDING_SECONDS, lambda: self._gone(ref))

    def _gone(self, ref: Ref) -> None:
        if self._store.record(ref) is not None:
            self._store.remove(ref)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, call)


def _owner(pod: Object) -> Object:
    return table({"own": pod["metadata"]["ownerReferences"][0]}, "own")


def _counted(replica_set: Object, active: list[Object], dying: int) -> Object:
    """Itself, with a status that counts its pods."""
    ready = sum(is_ready(pod) for pod in active) or None
    labels = table(replica_set, "spec", "template", "metadata", "labels").items()
    return with_status(
        replica_set,
        replicas=len(active),
        fullyLabeledReplicas=sum(labels <= labels_of(pod).items() for pod in active) or None,
        readyReplicas=ready,
        availableReplicas=ready,
        terminatingReplicas=dying,
        observedGeneration=number(replica_set, "metadata", "generation"),
    )
