"""W3C Trace Context: which trace the work at hand belongs to, read from and written to `traceparent`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random

from msgspec import Struct

_HEADER = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_CURRENT: ContextVar["Trace | None"] = ContextVar("trace", default=None)


class Trace(Struct, frozen=True):
    """A place in a trace."""

    trace_id: str
    span_id: str
    sampled: bool = True

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.sampled:02x}"

    def child(self, randomness: Random) -> "Trace":
        return Trace(self.trace_id, _identifier(randomness, 64), self.sampled)


def start(randomness: Random) -> Trace:
    """A new trace."""
    return Trace(_identifier(randomness, 128), _identifier(randomness, 64))


def parse(traceparent: str) -> Trace | None:
    """The sender's place, or None where the header is missing or malformed: then a new trace starts."""
    match = _HEADER.fullmatch(traceparent) if len(traceparent) <= 256 else None
    if match is None or not int(match[1], 16) or not int(match[2], 16):
        return None
    if match[4] and traceparent.startswith("00"):
        return None
    return Trace(match[1], match[2], bool(int(match[3], 16) & 1))


def follow(traceparent: str, randomness: Random) -> Trace:
    """A child of the sender's place, or a new trace where it sent none."""
    parent = parse(traceparent)
    return parent.child(randomness) if parent else start(randomness)


def current() -> Trace | None:
    return _CURRENT.get()


def current_traceparent() -> str:
    """For whatever is sent on from here; empty outside a trace."""
    place = _CURRENT.get()
    return place.traceparent if place else ""


@contextmanager
def entered(trace: Trace) -> Iterator[Trace]:
    """Make `trace` the current one for the work inside."""
    reset = _CURRENT.set(trace)
    try:
        yield trace
    finally:
        _CURRENT.reset(reset)


@contextmanager
def resumed(traceparent: str) -> Iterator[None]:
    """Go on in the sender's trace for the work inside, and in none where it sent none."""
    reset = _CURRENT.set(parse(traceparent))
    try:
        yield
    finally:
        _CURRENT.reset(reset)


def _identifier(randomness: Random, bits: int) -> str:
    # All zeros means "none" in the format.
    return f"{randomness.randrange(1, 1 << bits):0{bits // 4}x}"
