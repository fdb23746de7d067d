"""Sees every change of a cluster as it is made: enough ready pods at every instant, and traffic only to those.

INV-08 and INV-09: of a version that serves, no more is taken away than what others have ready.
"""

from collections.abc import Iterator

from libs.messages.codec import decode, decode_envelope
from libs.messages.rollout import RolloutSucceeded
from libs.messages.subject import Key, parse
from libs.workload.kinds.objects import number, table, text
from sandbox.state.store import Change, Event
from tests.simulation.world.people import People
from tests.simulation.world.releases import Release
from tests.simulation.world.world import World

HASH = "armory-pod-template-hash"


class Version:
    """A ReplicaSet as it is."""

    def __init__(self, event: Event) -> None:
        value = event.value
        self.image = str(value["spec"]["template"]["spec"]["containers"][0]["image"])
        self.hash = text(table(value, "metadata", "labels"), HASH)
        self.wanted = number(value, "spec", "replicas")
        self.ready = min(number(value, "status", "readyReplicas"), self.wanted)


class Witness:
    def __init__(self, world: World, people: People) -> None:
        self.problems: list[str] = []
        self.served: dict[str, Release] = {}
        """By namespace: the release that last succeeded there."""
        self._world = world
        self._people = people
        self._versions: dict[tuple[str, str], Version] = {}
        self._read = 0
        self._told: set[Key] = set()
        self._unplaced: list[tuple[Key, RolloutSucceeded]] = []
        """Of releases whose client has not learned their names yet: its door died as it accepted them."""
        world.cluster.listen(self._heard)

    def _heard(self, event: Event) -> None:
        kind = event.ref.resource.partition(".")[0]
        if kind == "replicasets":
            self._resized(event)
        elif kind == "services":
            self._pointed(event)

    def _resized(self, event: Event) -> None:
        self.catch_up()
        namespace, place = event.ref.namespace, (event.ref.namespace, event.ref.name)
        before = self._ready(namespace)
        was = self._versions.pop(place, None)
        if event.change is not Change.DELETED:
            self._versions[place] = Version(event)
        after, least = self._ready(namespace), self._least(namespace)
        is_cut = was is not None and was.wanted > (self._versions[place].wanted if place in self._versions else 0)
        if is_cut and after < least <= before:
            self._broken("INV-09", f"{namespace}: {before} ready pods became {after}; {least} are to serve")

    def _pointed(self, event: Event) -> None:
        chosen = text(table(event.value, "spec", "selector"), HASH)
        had = text(table(event.previous or {}, "spec", "selector"), HASH)
        if event.ref.name != "web" or event.change is Change.DELETED or chosen in ("", had):
            return
        found = [v for (place, _), v in self._versions.items() if place == event.ref.namespace and v.hash == chosen]
        if not found or found[0].ready < max(1, found[0].wanted):
            ready = found[0].ready if found else "no"
            self._broken("INV-08", f"{event.ref.namespace}: traffic goes to {chosen}, which has {ready} ready pods")

    def _ready(self, namespace: str) -> int:
        return sum(version.ready for (place, _), version in self._versions.items() if place == namespace)

    def _least(self, namespace: str) -> int:
        """What must be ready at any instant, since something was deployed there."""
        if namespace not in self.served:
            return 0
        return min(one.replicas for one in self._people.tried)

    def catch_up(self) -> None:
        """What the stream says of the rollouts that have succeeded so far."""
        heard, self._unplaced = [*self._unplaced, *self._news()], []
        for key, fact in heard:
            release = self._release(key.deployment)
            if release is None:
                self._unplaced.append((key, fact))
            # Who is asked again says again how it ended, perhaps long after the next one has.
            elif key not in self._told:
                self._told.add(key)
                self.served[fact.target] = release

    def _news(self) -> Iterator[tuple[Key, RolloutSucceeded]]:
        for stored in self._world.broker.stored(["evt.*.rollout.succeeded.>"], self._read):
            self._read = stored.sequence
            envelope = decode_envelope(stored.data)
            fact = decode(envelope.type, envelope.data)
            if isinstance(fact, RolloutSucceeded):
                yield parse(stored.subject).key, fact

    def _release(self, deployment: str) -> Release | None:
        return next((one.release for one in self._people.handed if one.key.deployment == deployment), None)

    def _broken(self, promise: str, what: str) -> None:
        self.problems.append(f"{promise} {what}")
        self._world.diary.note("PROMISE", f"{promise} {what}")
