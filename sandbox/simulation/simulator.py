"""The one loop that runs controllers and kubelets: it wakes for a write or an instant, looks at what is due, and
writes.
"""

import asyncio
from contextlib import suppress
from random import Random

from libs.runtime.clock import Clock
from sandbox.objects.json import Object, placed, text
from sandbox.objects.kinds import EVENT, NODE, POD, QUOTA, REPLICA_SET, Kind
from sandbox.objects.ownership import Author
from sandbox.objects.refusals import Refused
from sandbox.simulation import replicasets
from sandbox.simulation.agenda import Agenda
from sandbox.simulation.behaviour import PodFault
from sandbox.simulation.chronicle import Chronicle, Told, about
from sandbox.simulation.collector import Collector
from sandbox.simulation.controllers import Controllers
from sandbox.simulation.kubelets import Kubelets
from sandbox.simulation.nodes import Nodes
from sandbox.simulation.step import Create, Delete, Update, Write, controller_of, is_orphan
from sandbox.state.cluster import Cluster, Intent
from sandbox.state.quotas import concerned
from sandbox.state.store import Change, Event, Ref, reference

CONTROLLER = "kube-controller-manager"
KUBELET = "kubelet"
BATCH = 64
"""Objects looked at before requests are let through again."""
FORBIDDEN = 403
RETRY_SECONDS = 5.0


class Simulator:
    def __init__(self, cluster: Cluster, clock: Clock, random: Random) -> None:
        self._cluster = cluster
        self._store = cluster.store
        self._clock = clock
        self._agenda = Agenda()
        self._woken = asyncio.Event()
        nodes = Nodes(self._store, random)
        self._kubelets = Kubelets(clock, nodes, self._agenda, random)
        self._controllers = Controllers(cluster, nodes, clock.now)
        self._collector = Collector(cluster)
        self._chronicle = Chronicle(self._store, clock.now, random)
        self._store.listen(self._heard)
        self._revisit()

    def behave(self, faults: tuple[PodFault, ...]) -> None:
        """From now on pods behave by these faults; those that wait or run are judged anew."""
        self._kubelets.faults = faults
        self._kubelets.forget_all()
        self._revisit()

    def _revisit(self) -> None:
        for ref, _ in self._store.everything():
            self._agenda.add(ref)
        self._woken.set()

    async def run(self) -> None:
        """Never returns; cancel it to stop."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._work()
                await self._rest(tasks)

    async def _work(self) -> None:
        self._woken.clear()
        count = 0
        while (ref := self._agenda.take(self._clock.monotonic())) is not None:
            self._look(ref)
            count += 1
            if count % BATCH == 0:
                await asyncio.sleep(0)
        self._chronicle.write()

    async def _rest(self, tasks: asyncio.TaskGroup) -> None:
        """Until somebody writes or the next object is due."""
        instant = self._agenda.next_at()
        alarm = None if instant is None else tasks.create_task(self._ring(instant))
        await self._woken.wait()
        if alarm is not None:
            alarm.cancel()

    async def _ring(self, instant: float) -> None:
        await self._clock.sleep(max(0.0, instant - self._clock.monotonic()))
        self._woken.set()

    def _heard(self, event: Event) -> None:
        if event.ref.resource == EVENT.resource:
            return  # nobody's work: it only tells
        self._agenda.add(event.ref)
        for value in (event.value, event.previous):
            self._tell_controller(value)
        if event.change is Change.DELETED:
            self._agenda.cancel(event.ref)
            self._kubelets.forget(event.value)
            self._tell(self._collector.heirs(event.value))
        elif is_orphan(event.value):
            self._tell(self._controllers.adopters(event))
        self._tell(self._controllers.interested(event))
        if event.ref.resource == NODE.resource:
            self._revisit()
        if event.ref.resource != QUOTA.resource:
            self._tell(concerned(self._store, event.ref.namespace))
        self._woken.set()

    def _tell(self, refs: list[Ref]) -> None:
        for ref in refs:
            self._agenda.add(ref)

    def _tell_controller(self, value: Object | None) -> None:
        controller = controller_of(value) if value else None
        owner = self._store.where(text(controller, "uid")) if controller else None
        if owner is not None:
            self._agenda.add(owner)

    def _look(self, ref: Ref) -> None:
        value = self._store.get(ref)
        if value is None or self._collector.collect(ref, value):
            return
        if ref.resource == POD.resource:
            if (write := self._kubelets.look(ref, value)) is not None:
                self._write(write)
            return
        outcome = self._controllers.look(ref, value)
        for write in outcome.writes:
            self._write(write)
        if outcome.wake_in is not None:
            self._agenda.add_at(ref, self._clock.monotonic() + outcome.wake_in)

    def _write(self, write: Write) -> None:
        """A write that comes too late is dropped: what made it late has woken its controller again."""
        with suppress(Refused):
            match write:
                case Create(kind, value):
                    self._create(kind, value)
                case Update(kind, value):
                    # All writes of one look follow each other without a pause, so only they can have moved the version.
                    current = placed(value, ("metadata", "resourceVersion"), None)
                    self._cluster.replace(kind, current, Intent(_author(write), is_patch=True))
                case Delete(kind, value, grace):
                    self._collector.delete(reference(kind.resource, value), value, "Background", grace)

    def _create(self, kind: Kind, value: Object) -> None:
        try:
            self._cluster.create(kind, value, Intent(Author(name=CONTROLLER)))
        except Refused as refused:
            owner = controller_of(value)
            if refused.code != FORBIDDEN or owner is None:
                raise
            # The name is another at every try, and what is told must not be.
            told = refused.message.replace(text(value, "metadata", "name"), f"{text(owner, 'name')}-")
            self._hinder(text(owner, "uid"), told)

    def _hinder(self, uid: str, message: str) -> None:
        """The owner says what it may not make, and tries again in a while."""
        ref = self._store.where(uid)
        owner = self._store.get(ref) if ref else None
        if ref is None or owner is None:
            return
        self._agenda.add_at(ref, self._clock.monotonic() + RETRY_SECONDS)
        self._chronicle.note(Told(about(owner), "FailedCreate", f"Error creating: {message}", "Warning"))
        if ref.resource == REPLICA_SET.resource:
            status = replicasets.hindered(owner, message, self._clock.now())
            self._write(Update(REPLICA_SET, status, "status"))


def _author(update: Update) -> Author:
    name = KUBELET if update.kind is POD and update.subresource else CONTROLLER
    return Author(name=name, subresource=update.subresource)
