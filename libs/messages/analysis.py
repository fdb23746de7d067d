"""What is said to and by the owner of analysis runs, the evaluator."""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from libs.messages.message import RunMessage
from libs.messages.run import GateMessage, Place, Subject
from libs.plan.model import Analysis


class StartAnalysis(RunMessage, frozen=True, kw_only=True):
    """Measure and judge for a gate, and say at its place what came of it."""

    address: ClassVar[str] = "cmd.analysis.start"
    place: Place
    analysis: Analysis
    definitions: str
    """Digest in the object store."""
    subject: Subject


class CancelAnalysis(RunMessage, frozen=True, kw_only=True):
    """Nobody waits for it any more."""

    address: ClassVar[str] = "cmd.analysis.cancel"


class Measurement(Struct, frozen=True, omit_defaults=True):
    """One query's value in one round."""

    query: str
    value: float | None = None
    problem: str = ""
    """Why there is no value."""


class AnalysisMeasured(GateMessage, frozen=True, kw_only=True):
    """One round of all queries is done."""

    address: ClassVar[str] = "evt.analysis.measured"
    number: int
    """From 1."""
    measurements: tuple[Measurement, ...]


class AnalysisPassed(GateMessage, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.analysis.passed"
    reason: str


class AnalysisFailed(GateMessage, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.analysis.failed"
    reason: str


class AnalysisHindered(GateMessage, frozen=True, kw_only=True):
    """A round got no value from some query, which is asked again for the same window."""

    address: ClassVar[str] = "evt.analysis.hindered"
    reason: str


class AnalysisCancelled(GateMessage, frozen=True, kw_only=True):
    """Nobody waited for it any more."""

    address: ClassVar[str] = "evt.analysis.cancelled"


class Limits(Struct, frozen=True, omit_defaults=True):
    """What the mean of a query's values may be; equal to a limit is within."""

    query: str
    upper: float | None = None
    lower: float | None = None


class Opened(RunMessage, frozen=True, kw_only=True):
    """The order to start, with what it leaves to be looked up."""

    address: ClassVar[str] = "obs.analysis.opened"
    order: StartAnalysis
    at: datetime
    """When the bus took the order, by its own clock: the first window begins here."""
    limits: tuple[Limits, ...]
    """One for each query, in the order's order."""


class Answered(RunMessage, frozen=True, kw_only=True):
    """The queries of one round were asked for its window."""

    address: ClassVar[str] = "obs.analysis.answered"
    number: int
    """Of the round, from 1."""
    attempt: int
    """From 1."""
    at: datetime
    """When the asking was committed, by the bus's clock."""
    measurements: tuple[Measurement, ...]
    """Of those queries that had no value yet."""
