"""Signs of life."""

import pytest

from libs.link.pulse import Pulse, Rhythm, Silent
from tests.unit.agent.clock import HandClock


async def test_silence_ends_after_the_limit() -> None:
    clock = HandClock()
    pings: list[float] = []
    with pytest.raises(Silent):
        await Pulse(clock, Rhythm(10, 25)).beat(lambda _: pings.append(clock.seconds - 1000))
    assert (pings, clock.seconds - 1000) == ([0, 10, 20], 25)


async def test_any_sign_of_life_counts() -> None:
    clock = HandClock()
    pulse = Pulse(clock, Rhythm(10, 25))
    pings = 0

    def ping(_: int) -> None:
        nonlocal pings
        pings += 1
        if pings < 6:
            pulse.hear()

    with pytest.raises(Silent):
        await pulse.beat(ping)
    assert clock.seconds - 1000 == 40 + 25
