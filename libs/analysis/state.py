"""The nouns of an analysis: its phases, everything that is committed about it, and which window a round covers."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from libs.messages.analysis import Limits, Measurement
from libs.messages.run import NOTHING, NOWHERE, Place, Subject
from libs.plan.model import Analysis


class Phase(StrEnum):
    """Where an analysis is; `machine.py` draws how it moves."""

    ABSENT = "absent"
    WAITING = "waiting"
    ASKING = "asking"
    PASSED = "passed"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL = frozenset({Phase.PASSED, Phase.FAILED, Phase.CANCELLED})

UNSAID = Analysis(queries=(), interval_seconds=0, runs=0)


class Series(Struct, frozen=True):
    """A query's limits and its value in every round so far."""

    limits: Limits
    values: tuple[float, ...] = ()


class Run(Struct, frozen=True, omit_defaults=True):
    """All that is known of one analysis. No rendered query, no secret."""

    phase: Phase = Phase.ABSENT
    run: str = ""
    """Its name in the deployment."""
    place: Place = NOWHERE
    subject: Subject = NOTHING
    analysis: Analysis = UNSAID
    definitions: str = ""
    """Digest of what the queries are."""
    began: datetime | None = None
    """Where the first window begins."""
    series: tuple[Series, ...] = ()
    number: int = 1
    """Of the round that is waited or asked for: one asking of all queries."""
    attempt: int = 1
    heard: tuple[Measurement, ...] = ()
    """The values that this round has already."""
    hindrance: str = ""
    """Why this round was not done at the last attempt."""
    reason: str = ""
    """What its end was about."""


class Window(Struct, frozen=True):
    """The time that one round covers."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        return round((self.end - self.start).total_seconds())


def is_terminal(run: Run) -> bool:
    return run.phase in TERMINAL


def window(run: Run) -> Window:
    """The same whenever and by whomever it is asked for: it follows from the order's own instant."""
    assert run.began is not None, "only an analysis that was opened has windows"
    interval = timedelta(seconds=run.analysis.interval_seconds)
    end = run.began + run.number * interval
    return Window(run.began if run.analysis.lookback == "growing" else end - interval, end)


def unheard(run: Run) -> tuple[str, ...]:
    """The queries that this round has no value of yet."""
    known = {measurement.query for measurement in run.heard}
    return tuple(query for query in run.analysis.queries if query not in known)
