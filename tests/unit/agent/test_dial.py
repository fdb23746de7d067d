"""How long an agent waits before it dials again."""

from random import Random

from agent.dial import BASE_SECONDS, CAP_SECONDS, Backoff


def test_pauses_stay_under_a_doubling_bound() -> None:
    backoff = Backoff(Random(1))
    pauses = [backoff.next() for _ in range(20)]
    assert all(pause <= min(CAP_SECONDS, BASE_SECONDS * 2**attempt) for attempt, pause in enumerate(pauses))


def test_pauses_are_spread_over_the_whole_range() -> None:
    firsts = [_late_pause(seed) for seed in range(200)]
    assert min(firsts) < 3 < 27 < max(firsts)


def test_reset_makes_pauses_short_again() -> None:
    backoff = Backoff(Random(1))
    for _ in range(10):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= BASE_SECONDS


def _late_pause(seed: int) -> float:
    backoff = Backoff(Random(seed))
    return [backoff.next() for _ in range(10)][-1]
