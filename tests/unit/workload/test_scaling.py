"""Several previous versions, what a return gives up at once, and which pods are counted."""

import pytest

from libs.messages.rollout import Version, Workload
from libs.workload.dialogue.wanted import Seen
from libs.workload.kinds.objects import replica_set_identity
from libs.workload.pods.fleet import Fleet, Slot, side_of, slot_of
from libs.workload.pods.scaling import toward_return, toward_weight
from libs.workload.pods.sizes import Side
from tests.unit.workload.cluster import make_ready

EMPTY = {"spec": {"replicas": 2, "template": {"metadata": {"labels": {"fairlead.dev/managed": "true"}}}}}


def fleet(new: Side, *stable: tuple[int, Side]) -> Fleet:
    versions = tuple(Version(f"v{index}", f"u{index}", size) for index, (size, _) in enumerate(stable))
    slots = tuple(
        Slot(replica_set_identity("shop", version.replica_set), {}, side, version)
        for version, (_, side) in zip(versions, stable, strict=True)
    )
    workload = Workload("web", "shop", 4, 1, 1, "new", versions)
    return Fleet(workload, Slot(replica_set_identity("shop", "new"), {}, new), slots)


def test_return_gives_up_broken_pods_at_once() -> None:
    assert toward_return(fleet(Side(4, 0), (4, Side(0, 0)))).next == (1, 0)


def test_return_keeps_pods_that_serve() -> None:
    assert toward_return(fleet(Side(4, 4), (4, Side(0, 0)))).next == (1, 3)


def test_return_takes_back_what_somebody_added() -> None:
    assert toward_return(fleet(Side(0, 0), (4, Side(6, 6)))).next == (4, 0)


def test_return_shifts_between_versions() -> None:
    assert toward_return(fleet(Side(0, 0), (2, Side(1, 1)), (2, Side(3, 3)))).next == (2, 2, 0)


def test_forward_takes_the_broken_version_first() -> None:
    assert toward_weight(fleet(Side(1, 1), (2, Side(2, 2)), (2, Side(2, 0))), 50).next[:2] == (2, 0)


def test_nothing_moves_at_weight_zero() -> None:
    assert toward_weight(fleet(Side(0, 0), (7, Side(7, 7))), 0).next == (7, 0)


def test_lower_of_status_and_pods_counts() -> None:
    ready: dict[str, object] = {"metadata": {}}
    make_ready(ready)
    lagging = {**EMPTY, "status": {"availableReplicas": 2}}
    early = {**EMPTY, "status": {"availableReplicas": 0}}
    assert side_of(lagging, [ready]) == Side(2, 1)
    assert side_of(early, [ready]) == Side(2, 0)


@pytest.mark.parametrize(
    ("observed", "side"),
    [
        ({}, Side(2, 2)),
        ({"observedGeneration": 2}, Side(2, 0)),
        ({"observedGeneration": 3}, Side(2, 2)),
        ({"observedGeneration": 4}, Side(2, 2)),
    ],
)
def test_pods_count_once_their_controller_has_seen_the_size(observed: dict[str, int], side: Side) -> None:
    where = replica_set_identity("shop", "web-1")
    live = {"metadata": {"generation": 3}, "spec": {"replicas": 2}, "status": {"availableReplicas": 2, **observed}}
    assert slot_of(where, Seen({where: live}, {})).side == side
