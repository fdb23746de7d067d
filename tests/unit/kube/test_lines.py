"""Lines out of chunks."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.kube.lines import lines
from libs.link.port import Lost

plain = st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"."))


async def _chunks(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@given(st.lists(plain, max_size=10), st.lists(st.integers(0, 200), max_size=10))
async def test_any_cut_gives_the_same_lines(wanted: list[bytes], cuts: list[int]) -> None:
    text = b"".join(line + b"\n" for line in wanted)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[start:end] for start, end in pairwise(places)]
    assert [line async for line in lines(_chunks(chunks))] == wanted


async def test_half_a_line_at_the_end_is_none() -> None:
    assert [line async for line in lines(_chunks([b"whole\nhal", b"f"]))] == [b"whole"]


async def test_endless_line_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.kube.lines.LINE_BYTES", 10)
    with pytest.raises(Lost, match="longer than 10"):
        [line async for line in lines(_chunks([b"x" * 6, b"x" * 6]))]
