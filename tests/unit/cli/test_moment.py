"""Since when deployments are listed, as people say it."""

from datetime import UTC, datetime

import pytest

from cli.deploying.steering import moment
from cli.exits import Stop

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("1h", "2026-05-02T11:00:00+00:00"),
        ("90m", "2026-05-02T10:30:00+00:00"),
        ("2d", "2026-04-30T12:00:00+00:00"),
        ("30s", "2026-05-02T11:59:30+00:00"),
        ("", ""),
        ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z"),
    ],
)
def test_span_counts_back_from_now(given: str, meant: str) -> None:
    assert moment(given, NOW) == meant


@pytest.mark.parametrize("given", ["yesterday", "1w", "2026-05-01T12:00:00"])
def test_what_is_no_time_is_told_the_spans(given: str) -> None:
    with pytest.raises(Stop, match="--since takes 90m, 1h, 2d, or a time like 2026-05-01T12:00:00Z"):
        moment(given, NOW)
