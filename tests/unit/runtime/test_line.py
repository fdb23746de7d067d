import pytest

from libs.runtime.line import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        (" \r\nfirst\r\n\r\nsecond\n", "first second"),
        ("red\x1b[31m", "red [31m"),
        ("left\u202eright", "left right"),
        ("zero\u200bwidth\ufeff", "zero width"),
    ],
)
def test_only_what_is_seen_stays(text: str, line: str) -> None:
    assert one_line(text, 100) == line


@pytest.mark.parametrize(("text", "line"), [("abcd", "abcd"), ("abcde", "abc…"), ("ab\n" * 9, "ab …")])
def test_long_text_is_cut(text: str, line: str) -> None:
    assert one_line(text, 4) == line
