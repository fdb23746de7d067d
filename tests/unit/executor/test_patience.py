"""Reasons for waiting are told late and seldom."""

from services.executor.patience import AGAIN_SECONDS, FIRST_SECONDS, Patience
from tests.clock import VirtualClock


async def test_new_goal_is_given_time() -> None:
    clock = VirtualClock()
    patience = Patience(clock)
    patience.begin()
    assert patience.left == FIRST_SECONDS
    await clock.advance(FIRST_SECONDS)
    assert patience.left == 0


async def test_next_reason_waits() -> None:
    clock = VirtualClock()
    patience = Patience(clock)
    patience.told()
    await clock.advance(AGAIN_SECONDS - 1)
    assert patience.left == 1
    await clock.advance(1)
    assert patience.left == 0
