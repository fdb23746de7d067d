"""Was the cluster always safe, and is it in the end what was promised? Every violation as a line."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

from libs.workload.kinds.naming import HASH_LABEL, rollout_annotations
from tests.chaos.customer import Told
from tests.chaos.observer import Seen
from tests.chaos.release import REPLICAS, is_swapped


class Size(Struct, frozen=True):
    """One version at one instant."""

    version: int
    label: str
    """Its value in selectors."""
    wanted: int
    ready: int


class Instant(Struct, frozen=True):
    """One application after one change."""

    revision: int
    sizes: tuple[Size, ...]
    selector: str
    """Which version its Service is narrowed to; empty: all."""

    @property
    def ready(self) -> int:
        return sum(one.ready for one in self.sizes)

    @property
    def wanted(self) -> int:
        return sum(one.wanted for one in self.sizes)

    @property
    def served(self) -> tuple[Size, ...]:
        """Whom the Service leads to."""
        return tuple(one for one in self.sizes if one.ready and self.selector in ("", one.label))


def unfenced(seen: Sequence[Seen]) -> Iterator[str]:
    """Marks never go back; every change of capacity or selector has a mark of its own; one rollout goes one way."""
    before: dict[str, Seen] = {}
    directions: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in seen:
        uid = one.value["metadata"]["uid"]
        if uid in before and one.change != "DELETED":
            yield from _compared(before[uid], one, directions)
        before[uid] = one
    for (name, rollout), changes in directions.items():
        turns = sum(1 for earlier, later in pairwise(changes) if (earlier > 0) != (later > 0))
        if turns > 1:
            yield f"{name} went to and fro under {rollout}: {changes}"


def unsafe(seen: Sequence[Seen], told: Sequence[Told]) -> Iterator[str]:
    """At every instant: as many pods ready as promised, none above the limit, traffic only where pods are ready."""
    refused = {(one.release.application, one.release.number) for one in told if one.release.end != "succeeded"}
    for application, instants in _instants(seen).items():
        first = next((place for place, one in enumerate(instants) if one.ready >= REPLICAS), len(instants))
        most = 2 * REPLICAS if is_swapped(application) else REPLICAS + 1
        for one in instants[first:]:
            name = f"{application} at {one.revision}"
            if one.ready < REPLICAS:
                yield f"{name}: less than {REPLICAS} pods were ready: {one}"
            if one.wanted > most:
                yield f"{name}: more than {most} pods were wanted: {one}"
            if sum(size.ready for size in one.served) < (REPLICAS if is_swapped(application) else 1):
                yield f"{name}: its Service leads to too few ready pods: {one}"
            if is_swapped(application) and any((application, size.version) in refused for size in one.served):
                yield f"{name}: a version that was refused has traffic: {one}"


def unlike(seen: Sequence[Seen], told: Sequence[Told]) -> Iterator[str]:
    """In the end the last success has everything, and nothing else has anything."""
    succeeded: dict[str, int] = {}
    for one in told:
        if one.phases[:1] == ["succeeded"]:
            succeeded[one.release.application] = one.release.number
    instants = _instants(seen)
    for application, version in succeeded.items():
        last = instants[application][-1]
        alive = [(size.version, size.wanted, size.ready) for size in last.sizes if size.wanted or size.ready]
        if alive != [(version, REPLICAS, REPLICAS)]:
            yield f"{application} must end with version {version} alone: {alive}"


def _compared(before: Seen, after: Seen, directions: dict[tuple[str, str], list[int]]) -> Iterator[str]:
    name = f"{after.kind} {after.value['metadata']['namespace']}/{after.value['metadata']['name']} at {after.revision}"
    old, new = _marks(before), _marks(after)
    for rollout in old.keys() & new.keys():
        if new[rollout] < old[rollout]:
            yield f"{name}: an older write after a newer one: {rollout} {old[rollout]} -> {new[rollout]}"
    written = {rollout for rollout in new if new[rollout] != old.get(rollout)}
    if _steered(before) == _steered(after):
        return
    if not written:
        yield f"{name}: {_steered(before)} became {_steered(after)} without a mark of its own"
    if after.kind == "ReplicaSet":
        change = after.value["spec"].get("replicas", 1) - before.value["spec"].get("replicas", 1)
        for rollout in written:
            directions[name.partition(" at ")[0], rollout].append(change)


def _steered(one: Seen) -> Any:
    spec = one.value["spec"]
    return spec.get("replicas", 1) if one.kind == "ReplicaSet" else spec.get("selector", {}).get(HASH_LABEL)


def _marks(one: Seen) -> dict[str, tuple[int, int]]:
    """By rollout: its epoch and the number of its write."""
    annotations = one.value["metadata"].get("annotations", {})
    found = {}
    for name in rollout_annotations(annotations):
        epoch, _, rest = str(annotations[name]).partition(".")
        found[name] = (int(epoch), int(rest.rpartition(".")[2]))
    return found


def _instants(seen: Sequence[Seen]) -> Mapping[str, list[Instant]]:
    """By application, which is its namespace too."""
    sizes: dict[str, dict[str, Size]] = defaultdict(dict)
    selectors: dict[str, str] = {}
    found: dict[str, list[Instant]] = defaultdict(list)
    for one in seen:
        namespace, name = one.value["metadata"]["namespace"], one.value["metadata"]["name"]
        if one.kind == "ReplicaSet":
            sizes[namespace].pop(name, None)
            if one.change != "DELETED":
                sizes[namespace][name] = _size(one.value)
        elif name == namespace:
            selectors[namespace] = one.value["spec"].get("selector", {}).get(HASH_LABEL, "")
        else:
            continue
        found[namespace].append(Instant(one.revision, tuple(sizes[namespace].values()), selectors.get(namespace, "")))
    return found


def _size(value: Mapping[str, Any]) -> Size:
    (container,) = value["spec"]["template"]["spec"]["containers"]
    label = value["spec"]["template"]["metadata"]["labels"].get(HASH_LABEL, "")
    version = int(container["image"].rpartition(".")[2])
    status = value.get("status", {})
    return Size(version, label, value["spec"].get("replicas", 1), status.get("readyReplicas", 0))
