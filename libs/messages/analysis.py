"""What is said to and by the owner of analysis runs, the evaluator."""

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
    """One query's value in one run."""

    query: str
    value: float | None = None
    problem: str = ""
    """Why there is no value."""


class AnalysisMeasured(GateMessage, frozen=True, kw_only=True):
    """One run of all queries is done."""

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
