"""A length of time as people read it."""

import pytest

from libs.api.span import span


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 min"),
        (83, "1 min 23 s"),
        (900, "15 min"),
        (3600, "1 h"),
        (5400.0, "1 h 30 min"),
        (3601, "1 h"),
        (86_400, "1 d"),
        (172_800 + 7_200, "2 d 2 h"),
    ],
)
def test_span_has_two_units_at_most(seconds: float, expected: str) -> None:
    assert span(seconds) == expected
