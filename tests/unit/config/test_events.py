"""Patterns over the names of events, applications and targets."""

import pytest

from libs.config.events import EVENTS, fits, fits_any
from libs.config.model import DEFAULT_EVENTS

CASES = [
    ("*", "deployment.failed", True),
    ("deployment.*", "deployment.failed", True),
    ("deployment.*", "rollout.started", False),
    ("*.failed", "deployment.failed", True),
    ("*.fail", "deployment.failed", False),
    ("d*.f*d", "deployment.failed", True),
    ("shop", "Shop", True),
    ("shop", "shopping", False),
    ("a.b", "axb", False),
    ("a*b*c", "abbc", True),
    ("a*bc*d", "abbcd", True),
    ("", "", True),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), CASES)
def test_pattern_means_what_the_table_says(pattern: str, text: str, expected: bool) -> None:
    assert fits(pattern, text) is expected


def test_no_pattern_means_everything() -> None:
    assert fits_any((), "anything")


def test_default_events_exist() -> None:
    assert set(DEFAULT_EVENTS) <= set(EVENTS)


def test_many_stars_stay_fast() -> None:
    assert not fits("*a" * 60 + "b", "a" * 5000)
