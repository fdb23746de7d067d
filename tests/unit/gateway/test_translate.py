"""Both doors of the wire: whatever one side says, the other reads the same, and nothing readable breaks either."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import frames
from libs.link.pulse import Rhythm
from libs.messages.agent import FRAME_BYTES, Ask, Control, Frame
from proto.agent.v1.agent_pb2 import AgentFrame, Hello, Response
from services.gateway import translate

numbers = st.integers(0, 2**64 - 1)
texts = st.text(st.characters(codec="utf-8"), max_size=40)
headers = st.dictionaries(texts, texts, max_size=4)
asks = st.builds(
    Ask,
    verb=texts,
    timeout_ms=st.integers(0, 2**32 - 1),
    method=texts,
    path=texts,
    headers=headers,
    body=st.binary(max_size=200),
    credit=st.integers(0, 2**32 - 1),
    fence_target=texts,
    fence_epoch=st.integers(0, 2**63 - 1),
    traceparent=texts,
)
problems = st.sampled_from(["", "timeout", "refused: no", "unreachable: no", "gone: over"])
answers = st.builds(
    Frame,
    seq=numbers,
    status=st.integers(0, 599),
    headers=headers,
    body=st.binary(max_size=200),
    last=st.booleans(),
    problem=problems,
).filter(lambda frame: frame.last or not frame.problem)
events = st.builds(Frame, seq=st.integers(1, 2**64 - 1), body=st.binary(max_size=200), heartbeat=st.booleans())


@given(numbers, asks)
def test_ask_arrives_as_it_was_sent(number: int, ask: Ask) -> None:
    assert frames.read(translate.asked(number, ask)) == frames.Asked(number, ask)


@given(numbers, answers)
def test_answer_arrives_as_it_was_sent(number: int, frame: Frame) -> None:
    assert translate.read(frames.answered(number, frame)) == translate.Answered(number, frame)


@given(numbers, events)
def test_event_arrives_as_it_was_sent(number: int, frame: Frame) -> None:
    assert translate.read(frames.watched(number, frame)) == translate.Answered(number, frame)


@given(numbers, st.integers(0, 2**32 - 1), st.booleans())
def test_credit_arrives_as_it_was_sent(number: int, credit: int, renew: bool) -> None:
    assert frames.read(translate.granted(number, credit, renew)) == frames.Controlled(
        number, Control(credit=credit, renew=renew)
    )


def test_stream_frames_arrive_as_they_were_sent() -> None:
    rhythm = Rhythm(10, 25)
    assert frames.read(translate.welcome(1, "g", rhythm)) == frames.Welcomed(1, "g", rhythm)
    assert frames.read(translate.cancelled(3)) == frames.Controlled(3, Control(cancel=True))
    assert frames.read(translate.goaway("stops", 10)) == frames.Leave("stops", 10)
    assert frames.read(translate.ping(4)) == frames.Pinged(4)
    assert frames.read(translate.pong(4)) == frames.Ponged(4)
    assert isinstance(frames.read(translate.unsupported(5)), frames.Misunderstood)
    hello = frames.hello("1.2", "p", ("ping",), "uid")
    assert translate.read(hello) == translate.Hello(1, 1, "1.2", "p", ("ping",), "uid")
    assert translate.read(frames.ping(6)) == translate.Pinged(6)
    assert translate.read(frames.pong(6)) == translate.Ponged(6)
    assert translate.read(frames.goaway("stops")) == translate.Leaving("stops")
    assert translate.read(frames.renew("t")) == translate.Renewed("t")


def test_busy_is_a_frame_of_its_own() -> None:
    busy = Frame(0, last=True, problem="busy")
    assert translate.read(frames.answered(7, busy)) == translate.Answered(7, busy)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(piece: bytes) -> None:
    for read, refusal in ((translate.read, translate.Malformed), (frames.read, frames.Malformed)):
        with suppress(refusal):
            read(piece)


# A oneof member with a number that no release has used yet, on request 9.
FROM_THE_FUTURE = b"\x08\x09\xfa\x3e\x02\x08\x01"


def test_later_frame_is_unknown_not_fatal() -> None:
    assert translate.read(FROM_THE_FUTURE) == translate.Unknown(9)
    assert frames.read(FROM_THE_FUTURE) == frames.Unknown(9)


@pytest.mark.parametrize(
    "outer",
    [
        AgentFrame(request=1, response=Response(body=b"x" * (FRAME_BYTES + 1))),
        AgentFrame(request=1, response=Response(problem="x" * 2000)),
        AgentFrame(request=1, response=Response(headers={str(n): "x" * 400 for n in range(60)})),
        AgentFrame(hello=Hello(version="x" * 200)),
        AgentFrame(hello=Hello(verbs=["v"] * 100)),
    ],
)
def test_oversized_frame_is_refused(outer: AgentFrame) -> None:
    with pytest.raises(translate.Malformed):
        translate.read(outer.SerializeToString())


def test_problem_is_always_the_last_piece() -> None:
    piece = AgentFrame(request=1, response=Response(problem="timeout", last=False)).SerializeToString()
    said = translate.read(piece)
    assert isinstance(said, translate.Answered)
    assert said.frame.last


def test_unsendable_ask_is_refused() -> None:
    with pytest.raises(translate.Malformed):
        translate.asked(1, Ask("request", 2**40))
    with pytest.raises(translate.Malformed):
        translate.asked(1, Ask("request", 1, path="\ud800"))
