"""What happened in a run, by name: see `tests/simulation/sometimes.py`."""

from collections import Counter

from libs.durable.record import load
from libs.messages.subject import state_filter
from libs.rollout.machine import MACHINE as ROLLOUT
from tests.simulation.world.world import World

_FACTS = ("deployment", "rollout")


def counted(world: World) -> Counter[str]:
    found = Counter({"write refused by the cluster": world.refused_writes}) + world.switchboard.happened
    for stored in world.broker.stored([f"evt.*.{noun}.>" for noun in _FACTS], 0):
        _, _, noun, verb = stored.subject.split(".")[:4]
        found[f"{noun} {verb}"] += 1
    for stored in world.broker.lasts([state_filter(ROLLOUT.noun)]):
        if load(ROLLOUT, stored).state.epoch > 1:
            found["rollout claimed by a second process"] += 1
    return +found
