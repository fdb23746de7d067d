"""The watches that this process has on clusters: one per agent, namespace and kind, shared by the rollouts there."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from random import Random

from msgspec import Struct

from libs.durable.ports import Bus
from libs.kube.link import Linked
from libs.kube.reflector import Collection, Reflector
from libs.kube.view import View
from libs.link.port import Link
from libs.messages.agent import EVERY_CONNECTED, connected_subject
from libs.runtime.clock import Clock
from libs.workload.kinds.naming import APPLICATION, ENVIRONMENT, WATCH_SELECTOR
from libs.workload.kinds.objects import Identity, Object, annotation
from libs.workload.pods.fleet import owner_of
from services.executor.pulse import ANSWER_SECONDS, Pulse

LINGER_SECONDS = 60.0
"""How long watches that nobody uses are kept: the next release often follows the last."""


class Place(Struct, frozen=True):
    """A namespace that an agent reaches."""

    tenant: str
    agent: str
    namespace: str


class Watch:
    """ReplicaSets and pods of one namespace, as far as they carry our label."""

    def __init__(self, place: Place, link: Link, clock: Clock, random: Random) -> None:
        transport = Linked(link, place.tenant, place.agent)
        base = f"/namespaces/{place.namespace}"
        self.replica_sets = Reflector(
            transport, Collection(f"/apis/apps/v1{base}/replicasets", WATCH_SELECTOR), clock, random, View(by_rollout)
        )
        pods = View(by_rollout, owner_of)
        self.pods = Reflector(transport, Collection(f"/api/v1{base}/pods", WATCH_SELECTOR), clock, random, pods)
        patient = Linked(link, place.tenant, place.agent, ANSWER_SECONDS)
        self.pulse = Pulse(patient, f"/api/v1{base}/pods?limit=1&resourceVersion=0", clock, self._stir)
        self.users = 0

    def pods_of(self, replica_set: Identity) -> tuple[Object, ...]:
        return tuple(self.pods.view.grouped(replica_set).values())

    def nudge(self) -> None:
        self.replica_sets.nudge()
        self.pods.nudge()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.replica_sets.run())
            group.create_task(self.pods.run())
            group.create_task(self.pulse.run())

    def _stir(self) -> None:
        self.pods.view.stir()


class Clusters:
    """Opens watches when a rollout needs them and ends them when none does."""

    def __init__(self, link: Link, bus: Bus, clock: Clock, random: Random) -> None:
        self.link = link
        self._bus = bus
        self._clock = clock
        self._random = random
        self._watches: dict[Place, Watch] = {}
        self._tasks: dict[Place, asyncio.Task[None]] = {}
        self._group = asyncio.TaskGroup()

    async def run(self) -> None:
        """Own the watches until cancelled."""
        async with self._group:
            self._group.create_task(self._listen())
            while True:
                idle = self._idle()
                await self._clock.sleep(LINGER_SECONDS)
                for place in [place for place in self._idle() if place in idle]:
                    self._tasks.pop(place).cancel()
                    del self._watches[place]

    @asynccontextmanager
    async def watches(self, places: Iterable[Place]) -> AsyncIterator[dict[str, Watch]]:
        """The watches on these places, by namespace, kept while entered."""
        used = {place.namespace: self._open(place) for place in places}
        for watch in used.values():
            watch.users += 1
        try:
            yield used
        finally:
            for watch in used.values():
                watch.users -= 1

    def _idle(self) -> list[Place]:
        return [place for place, watch in self._watches.items() if not watch.users]

    def _open(self, place: Place) -> Watch:
        if place not in self._watches:
            self._watches[place] = Watch(place, self.link, self._clock, self._random)
            self._tasks[place] = self._group.create_task(self._watches[place].run())
        return self._watches[place]

    async def _listen(self) -> None:
        """An agent that has connected is asked at once, instead of at the next try."""
        async with self._bus.subscribe(EVERY_CONNECTED) as hints:
            async for hint in hints:
                self._nudge(hint.subject)

    def _nudge(self, subject: str) -> None:
        for place, watch in self._watches.items():
            if connected_subject(place.tenant, place.agent) == subject:
                watch.nudge()


def followed(application: str, target: str) -> str:
    """The key under which a rollout follows what is its own."""
    return f"{application}\0{target}"


def by_rollout(value: Object) -> tuple[str, ...]:
    return (followed(annotation(value, APPLICATION), annotation(value, ENVIRONMENT)),)
