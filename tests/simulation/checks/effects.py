"""INV-06: what a write asked for happens once. Each size and each selector that is steered carries the mark of the
write that gave it, and a write that comes again changes nothing.
"""

from collections.abc import Mapping

from libs.kube.view import Object
from libs.workload.kinds.naming import HASH_LABEL, rollout_annotations
from libs.workload.kinds.objects import number, table, text
from sandbox.state.store import Change, Event
from tests.simulation.world.world import World

_STEERED = ("replicasets", "services")


class Effects:
    def __init__(self, world: World) -> None:
        self.problems: list[str] = []
        self._world = world
        self._given: dict[tuple[str, str, str], object] = {}
        """By object, rollout and mark: what the write led to."""
        world.cluster.listen(self._heard)

    def _heard(self, event: Event) -> None:
        if event.ref.resource.partition(".")[0] not in _STEERED or event.change is Change.DELETED:
            return
        before, after = event.previous or {}, event.value
        old, new = _marks(before), _marks(after)
        name = f"{event.ref.resource.partition('.')[0]} {event.ref.namespace}/{event.ref.name}"
        is_changed = bool(before) and _steered(before) != _steered(after)
        written = {rollout: mark for rollout, mark in new.items() if mark != old.get(rollout)}
        if is_changed and not written:
            self._broken(f"{name}: {_steered(before)} became {_steered(after)} without a mark of its own")
        for rollout, mark in written.items():
            place = (text(after, "metadata", "uid"), rollout, mark)
            first = self._given.setdefault(place, _steered(after))
            if first != _steered(after):
                self._broken(f"{name}: write {mark} led to {first}, and again to {_steered(after)}")

    def _broken(self, what: str) -> None:
        self.problems.append(f"INV-06 {what}")
        self._world.diary.note("PROMISE", f"INV-06 {what}")


def _marks(value: Object) -> Mapping[str, str]:
    annotations = table(value, "metadata", "annotations")
    return {name: str(annotations[name]) for name in rollout_annotations(annotations)}


def _steered(value: Object) -> object:
    is_set = "replicas" in table(value, "spec")
    return number(value, "spec", "replicas") if is_set else text(table(value, "spec", "selector"), HASH_LABEL)
