"""W3C Trace Context: what is read, what is refused, what is sent on."""

from random import Random

import pytest

from libs.runtime import trace

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_header_round_trips() -> None:
    assert trace.parse(f"00-{TRACE}-{SPAN}-01") == trace.Trace(TRACE, SPAN, True)
    assert trace.Trace(TRACE, SPAN, False).traceparent == f"00-{TRACE}-{SPAN}-00"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "junk",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01\n",
        f"01-{TRACE}-{SPAN}-01-{'x' * 300}",
    ],
)
def test_malformed_header_is_refused(header: str) -> None:
    assert trace.parse(header) is None


def test_later_version_is_understood() -> None:
    assert trace.parse(f"01-{TRACE}-{SPAN}-01-more") == trace.Trace(TRACE, SPAN)


def test_child_stays_in_its_trace() -> None:
    child = trace.follow(f"00-{TRACE}-{SPAN}-00", Random(1))
    assert (child.trace_id, child.sampled) == (TRACE, False)
    assert child.span_id != SPAN


def test_malformed_header_starts_a_trace() -> None:
    assert trace.parse(trace.follow("junk", Random(1)).traceparent) is not None


def test_current_trace_ends_with_its_block() -> None:
    with trace.entered(trace.start(Random(1))) as place:
        assert trace.current() == place
    assert trace.current() is None
