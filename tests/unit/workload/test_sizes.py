"""The arithmetic of weights, as tables and as what always holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.workload.pods.sizes import Bounds, Pair, Side, lowered, move, pair, raised


@pytest.mark.parametrize(
    ("replicas", "weight", "surge", "expected"),
    [
        (0, 50, 1, (0, 0)),
        (1, 49, 0, (0, 1)),
        (1, 50, 0, (1, 0)),
        (1, 1, 1, (1, 1)),
        (1, 99, 1, (1, 1)),
        (1, 100, 1, (1, 0)),
        (10, 15, 0, (2, 8)),
        (3, 33, 1, (1, 2)),
        (3, 25, 1, (1, 3)),
        (4, 0, 1, (0, 4)),
        (4, 25, 1, (1, 3)),
        (4, 50, 1, (2, 2)),
        (4, 100, 1, (4, 0)),
        (2, 1, 0, (1, 1)),
        (2, 99, 0, (1, 1)),
        (100, 1, 0, (1, 99)),
        (2, 75, 0, (1, 1)),
        (10, 95, 0, (9, 1)),
    ],
)
def test_weight_becomes_sizes(replicas: int, weight: int, surge: int, expected: tuple[int, int]) -> None:
    assert pair(replicas, weight, surge) == Pair(*expected)


def test_any_full_weight_works() -> None:
    assert pair(10, 20_000_000, 0, full=100_000_000) == Pair(2, 8)


def settle(aim: Pair, sizes: Pair, bounds: Bounds) -> Pair:
    """Where the sizes come to rest while the new version never becomes available."""
    for _ in range(20):
        moved = move(aim, Side(sizes.new, 0), Side(sizes.stable, sizes.stable), bounds)
        if moved == sizes:
            return sizes
        sizes = moved
    raise AssertionError("the sizes do not come to rest")


@pytest.mark.parametrize(
    ("story", "rests"),
    [
        ([(4, 1, 0)], [(1, 4)]),
        ([(4, 4, 1), (8, 8, 2), (4, 4, 1)], [(4, 3), (8, 3), (4, 3)]),
        ([(4, 2, 0), (8, 2, 0), (4, 2, 0)], [(2, 4), (6, 4), (2, 4)]),
    ],
)
def test_broken_version_rests_where_expected(story: list[tuple[int, int, int]], rests: list[tuple[int, int]]) -> None:
    sizes, found = Pair(0, 4), []
    for replicas, surge, unavailable in story:
        sizes = settle(Pair(replicas, 0), sizes, Bounds(replicas + surge, replicas - unavailable))
        found.append((sizes.new, sizes.stable))
    assert found == rests


def test_older_versions_hold_back_lowering() -> None:
    assert move(Pair(4, 0), Side(0, 0), Side(4, 4), Bounds(6, 3), old=1) == Pair(1, 4)


def test_broken_side_is_drained_freely() -> None:
    assert move(Pair(0, 4), Side(1, 0), Side(4, 4), Bounds(5, 4)) == Pair(0, 4)


counts = st.integers(0, 40)


@given(st.integers(0, 1000), st.integers(0, 100), st.integers(0, 5))
def test_pair_stays_within_one_more(replicas: int, weight: int, surge: int) -> None:
    found = pair(replicas, weight, surge)
    assert min(found.new, found.stable) >= 0
    assert found.new + found.stable in (replicas, replicas + (surge > 0 and replicas > 0))


@given(st.integers(0, 60), st.integers(0, 99), st.integers(0, 1))
def test_more_weight_is_never_less_share(replicas: int, weight: int, surge: int) -> None:
    less, more = pair(replicas, weight, surge), pair(replicas, weight + 1, surge)
    assert less.new * max(1, more.new + more.stable) <= more.new * max(1, less.new + less.stable)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Pair, Side, Side, Bounds]:
    replicas, surge, unavailable = draw(st.integers(1, 20)), draw(st.integers(0, 6)), draw(st.integers(0, 6))
    bounds = Bounds(replicas + surge, max(0, replicas - max(unavailable, int(surge == 0))))
    new, stable = draw(counts), draw(counts)
    aim = pair(replicas, draw(st.integers(0, 100)), surge)
    return aim, Side(new, draw(st.integers(0, new))), Side(stable, draw(st.integers(0, stable))), bounds


@given(situations())
def test_move_keeps_cap_and_floor(situation: tuple[Pair, Side, Side, Bounds]) -> None:
    aim, new, stable, bounds = situation
    moved = move(aim, new, stable, bounds)
    usable = min(moved.new, new.available) + min(moved.stable, stable.available)
    assert min(moved.new, moved.stable) >= 0
    assert moved.new + moved.stable <= max(bounds.cap, new.size + stable.size)
    assert usable >= min(bounds.floor, new.usable + stable.usable)


@given(situations())
def test_moves_arrive_while_pods_become_ready(situation: tuple[Pair, Side, Side, Bounds]) -> None:
    aim, new, stable, bounds = situation
    sizes = Pair(new.size, stable.size)
    for _ in range(100):
        if sizes == aim:
            return
        sizes = move(aim, Side(sizes.new, sizes.new), Side(sizes.stable, sizes.stable), bounds)
    raise AssertionError(f"rests at {sizes} instead of {aim}")


def test_unavailable_pods_are_taken_first() -> None:
    assert lowered([Side(2, 2), Side(2, 0)], 2) == (2, 0)
    assert lowered([Side(2, 2), Side(2, 1)], 2) == (1, 1)


def test_each_gets_back_what_it_had() -> None:
    assert raised([0, 1], [2, 2], 3) == (2, 2)
    assert raised([2, 2], [2, 2], 1) == (2, 3)
