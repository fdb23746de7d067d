"""How long a receiver asks to be left alone."""

from datetime import UTC, datetime

import pytest

from services.notifier.delivery import LONGEST_WAIT_SECONDS, waits

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("17", 17),
        (" 5 ", 5),
        ("-5", 0),
        ("99999999999999", LONGEST_WAIT_SECONDS),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30),
        ("Thu, 01 Jan 2026 11:00:30 GMT", 0),
        ("Fri, 01 Jan 2027 12:00:30 GMT", LONGEST_WAIT_SECONDS),
        ("soon", 0),
    ],
)
def test_retry_after_is_read(text: str, expected: float) -> None:
    assert waits(text, NOW) == expected
