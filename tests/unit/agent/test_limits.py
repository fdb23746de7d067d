"""What the agent holds back."""

import asyncio

import pytest

from agent.limits import Fence, Limits
from libs.link.port import Busy, Refused
from libs.link.rate import Rate
from tests.unit.agent.clock import HandClock


def limits(clock: HandClock, per_second: float = 10, burst: float = 2, at_once: int = 1) -> Limits:
    return Limits(Rate(per_second, burst, clock), at_once, 1, clock)


async def test_burst_passes_at_once() -> None:
    held = limits(clock := HandClock())
    for _ in range(2):
        async with held.slot(is_watch=False):
            pass
    assert clock.slept == []


async def test_more_than_the_burst_waits_its_turn() -> None:
    held = limits(clock := HandClock())
    for _ in range(4):
        async with held.slot(is_watch=False):
            pass
    assert clock.slept == [pytest.approx(0.1), pytest.approx(0.1)]


async def test_wait_over_a_second_is_busy() -> None:
    rate = Rate(1, 1, HandClock())
    assert rate.take(1.0) == 0
    assert rate.take(1.0) == pytest.approx(1)
    assert rate.take(1.0) is None


async def test_no_free_slot_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.limits.PATIENCE_SECONDS", 0.02)
    held = limits(HandClock())
    async with held.slot(is_watch=False):
        with pytest.raises(Busy, match="at once"):
            await _enter(held)


async def test_watches_have_their_own_slots() -> None:
    held = limits(HandClock())
    async with asyncio.timeout(30), held.slot(is_watch=False), held.slot(is_watch=True):
        pass


def test_older_epoch_is_refused() -> None:
    fence = Fence()
    fence.check("target", 3)
    with pytest.raises(Refused, match="epoch 2"):
        fence.check("target", 2)


def test_same_and_newer_epochs_pass() -> None:
    fence = Fence()
    for epoch in (1, 1, 2, 5):
        fence.check("target", epoch)


def test_targets_are_fenced_apart() -> None:
    fence = Fence()
    fence.check("one", 9)
    fence.check("other", 1)


def test_unfenced_request_passes() -> None:
    Fence().check("", 0)


async def _enter(held: Limits) -> None:
    async with held.slot(is_watch=False):
        pass
