"""What a cluster went through, from its own journal: every state of every ReplicaSet, before and after any kill."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.e2e.releases import NEW, REPLICAS

_ROLLOUT = "fairlead.dev/rollout."


class Size(Struct, frozen=True):
    """One version at one instant."""

    name: str
    is_new: bool
    replicas: int
    ready: int
    epoch: int
    """The highest that wrote; 0 where no rollout has."""


class Fleet(Struct, frozen=True):
    """Both versions after one change in the cluster."""

    sizes: tuple[Size, ...]

    @property
    def new(self) -> int:
        return sum(size.replicas for size in self.sizes if size.is_new)

    @property
    def old(self) -> int:
        return sum(size.replicas for size in self.sizes if not size.is_new)

    @property
    def ready(self) -> int:
        return sum(size.ready for size in self.sizes)

    @property
    def wanted(self) -> int:
        return self.new + self.old

    @property
    def epoch(self) -> int:
        return max((size.epoch for size in self.sizes), default=0)


def fleets(state: Path) -> list[Fleet]:
    """Every state since the new version first appeared, oldest first; `state` is the cluster's folder."""
    present: dict[str, Size] = {}
    seen: list[Fleet] = []
    for change, value in _replica_sets(state / "journal.jsonl"):
        size = _size(value)
        present.pop(size.name, None)
        if change != "DELETED":
            present[size.name] = size
        if seen or any(one.is_new for one in present.values()):
            seen.append(Fleet(tuple(present.values())))
    return seen


def assert_only_forward(seen: list[Fleet]) -> None:
    """The new version never loses a pod, the old one never gains one, and what was promised is always there."""
    assert seen, "the new version has never been there"
    for before, after in pairwise(seen):
        assert after.new >= before.new, f"the new version went back: {before} -> {after}"
        assert after.old <= before.old, f"the old version grew: {before} -> {after}"
    assert_capacity(seen)


def assert_capacity(seen: list[Fleet]) -> None:
    """maxSurge 1, maxUnavailable 0."""
    for fleet in seen:
        assert fleet.ready >= REPLICAS, f"less than {REPLICAS} pods were ready: {fleet}"
        assert fleet.wanted <= REPLICAS + 1, f"more than one pod above {REPLICAS}: {fleet}"


def _replica_sets(journal: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with journal.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                return
            entry = json.loads(line)
            if entry["resource"].startswith("replicasets"):
                yield entry["change"], entry["value"]


def _size(value: dict[str, Any]) -> Size:
    (container,) = value["spec"]["template"]["spec"]["containers"]
    annotations = value["metadata"].get("annotations", {})
    marks = [mark for name, mark in annotations.items() if name.startswith(_ROLLOUT)]
    return Size(
        name=value["metadata"]["name"],
        is_new=container["image"].endswith(NEW),
        replicas=value["spec"].get("replicas", 1),
        ready=value.get("status", {}).get("readyReplicas", 0),
        epoch=max((int(mark.partition(".")[0]) for mark in marks), default=0),
    )
