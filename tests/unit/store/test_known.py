"""What is told of a stream that is compared with what was known of it."""

from datetime import UTC, datetime

import pytest

from libs.store.known import Found, Known, Landmark, went_back

FIRST, LATER = datetime(2026, 5, 1, 9, tzinfo=UTC), datetime(2026, 5, 2, 9, tzinfo=UTC)
RECORD, OTHER = "state.main.rollout.3.d1.prod", "due.main.rollout.3.d1.prod"
KNOWN = Known(FIRST, (Landmark(70, RECORD),))
TWO = Known(FIRST, (Landmark(70, RECORD), Landmark(90, OTHER)))


@pytest.mark.parametrize(
    ("known", "found", "told"),
    [
        (None, None, ""),
        (None, Found(FIRST, 80), ""),
        (Known(FIRST), Found(FIRST, 0), ""),
        (KNOWN, Found(FIRST, 70, {70: RECORD}), ""),
        (KNOWN, Found(FIRST, 80, {70: RECORD}), ""),
        (TWO, Found(FIRST, 90, {70: RECORD, 90: OTHER}), ""),
        (Known(FIRST), None, "the stream is gone"),
        (KNOWN, None, "the stream is gone"),
        (KNOWN, Found(LATER, 80, {70: RECORD}), "the stream was made anew at 2026-05-02 09:00:00"),
        (KNOWN, Found(LATER, 0), "the stream was made anew"),
        (Known(LATER), Found(FIRST, 0), "the stream was made anew at 2026-05-01 09:00:00"),
        (KNOWN, Found(FIRST, 69), "ends at 69, and 70 was seen: an older copy"),
        (KNOWN, Found(FIRST, 0), "ends at 0, and 70 was seen"),
        (KNOWN, Found(FIRST, 70), "message 70 was removed"),
        (KNOWN, Found(FIRST, 80, {70: ""}), "message 70 was removed"),
        (KNOWN, Found(FIRST, 80, {70: OTHER}), f"another than was seen: {OTHER}, not {RECORD}"),
        (TWO, Found(FIRST, 80, {70: RECORD}), "ends at 80, and 90 was seen"),
        (TWO, Found(FIRST, 90, {70: RECORD, 90: RECORD}), "message 90 of the stream is another"),
    ],
)
def test_stream_is_compared_with_what_was_known(known: Known | None, found: Found | None, told: str) -> None:
    problem = went_back(known, found)
    assert told in problem
    assert bool(problem) == bool(told)
