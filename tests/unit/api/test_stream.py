"""Frames survive however the way cuts them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.api.stream import HEARTBEAT, Frame, Reader, TooLong, encode

FRAMES = (Frame("snapshot", b'{"id":1}', "7"), Frame("live", b"{}"), Frame("event", b'{"a":"b: c"}', "8"), Frame("end"))
WIRE = HEARTBEAT.join(encode(frame) for frame in FRAMES)


@given(st.lists(st.integers(0, len(WIRE)), max_size=20))
def test_cuts_change_nothing(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(WIRE)]
    reader = Reader()
    read = [frame for start, end in itertools.pairwise(places) for frame in reader.feed(WIRE[start:end])]
    assert tuple(read) == FRAMES


def test_other_line_ends_are_read() -> None:
    assert list(Reader().feed(b"event: a\r\ndata: {}\r\n\r\n")) == [Frame("a", b"{}")]


def test_endless_frame_is_refused() -> None:
    with pytest.raises(TooLong):
        list(Reader().feed(b"data: " + b"x" * (5 * 1024 * 1024)))
