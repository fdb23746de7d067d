"""When is a pod's next step due? The memory of all kubelets: what stage each pod is at, and how long it stays there."""

from random import Random

from msgspec import Struct

from libs.runtime.clock import Clock
from sandbox.objects.json import Object
from sandbox.simulation import pods
from sandbox.simulation.agenda import Agenda
from sandbox.simulation.behaviour import READY_SECONDS, Behaviour, PodFault, behaviour_of
from sandbox.simulation.nodes import Nodes
from sandbox.simulation.pod_status import Kubelet
from sandbox.simulation.step import Write, uid_of
from sandbox.state.store import Ref

JITTER = 0.2
"""Pods take up to a tenth more or less than they should."""


class Stay(Struct, frozen=True):
    token: tuple[str, ...]
    until: float | None
    behaviour: Behaviour


class Kubelets:
    """`faults` may be replaced at any time; `forget_all` then makes every pod be judged anew."""

    def __init__(self, clock: Clock, nodes: Nodes, agenda: Agenda, random: Random) -> None:
        self.faults: tuple[PodFault, ...] = ()
        self._clock = clock
        self._nodes = nodes
        self._agenda = agenda
        self._random = random
        self._stays: dict[str, Stay] = {}

    def forget_all(self) -> None:
        self._stays.clear()

    def forget(self, pod: Object) -> None:
        self._stays.pop(uid_of(pod), None)

    def look(self, ref: Ref, pod: Object) -> Write | None:
        """What to write about this pod now; when it is too early, an appointment is made instead."""
        stage = pods.stage_of(pod)
        stay = self._stay(ref, pod, stage)
        if stay.until is None or stay.until > self._clock.monotonic():
            return None
        self.forget(pod)
        kubelet = Kubelet(self._clock.now(), stay.behaviour, self._nodes.choose(), self._nodes.address())
        return pods.advance(pod, stage, kubelet)

    def _stay(self, ref: Ref, pod: Object, stage: pods.Stage) -> Stay:
        token = (stage, *pods.marks_of(pod))
        known = self._stays.get(uid_of(pod))
        if known is not None and known.token == token:
            return known
        behaviour = behaviour_of(pod, self.faults, READY_SECONDS * (1 + JITTER * (self._random.random() - 0.5)))
        delay = pods.delay_of(stage, pod, behaviour)
        until = None if delay is None else self._clock.monotonic() + delay
        if until is not None and delay:
            self._agenda.add_at(ref, until)
        stay = self._stays[uid_of(pod)] = Stay(token, until, behaviour)
        return stay
