from collections.abc import AsyncIterator

import pytest
from yarl import URL

from libs.egress.call import beginning, through_agent


def test_repeated_header_is_joined() -> None:
    headers = (("Accept", "a/b"), ("X-Team", "blue"), ("Accept", "c/d"))
    ask = through_agent("POST", URL("http://near.test/x"), headers, b"", 2.5)
    assert ask.headers == {"Accept": "a/b, c/d", "X-Team": "blue"}


def test_agent_is_given_the_time_left() -> None:
    assert through_agent("GET", URL("http://near.test"), (), b"", 2.5).timeout_ms == 2500


def test_no_time_left_is_not_forever() -> None:
    assert through_agent("GET", URL("http://near.test"), (), b"", 0.0001).timeout_ms == 1


@pytest.mark.parametrize(("most", "read"), [(100, b"abcdef"), (6, b"abcdef"), (5, b"abcde"), (2, b"ab")])
async def test_beginning_is_read(most: int, read: bytes) -> None:
    assert await beginning(pieces(b"abc", b"", b"def"), most) == read


async def test_nothing_after_the_beginning_is_waited_for() -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"abc"
        raise AssertionError("more than the beginning was asked for")

    assert await beginning(endless(), 3) == b"abc"


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
