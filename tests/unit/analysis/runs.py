"""Analyses with readable defaults, in every phase, and the observations that move them."""

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from libs.analysis.state import Phase, Run, Series
from libs.messages.analysis import Answered, Limits, Measurement, Opened, StartAnalysis
from libs.messages.run import Place, Subject
from libs.plan.model import Analysis

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Place("strategy", 2)
SUBJECT = Subject("shop", "prod", "prod-eu", "shop-ns", ("web-new",))
ERRORS = Limits("error-rate", upper=0.02)
LATENCY = Limits("latency", upper=200, lower=10)
LIMITS = (ERRORS, LATENCY)


def an_analysis(**changes: Any) -> Analysis:
    return replace(Analysis(queries=("error-rate", "latency"), interval_seconds=60, runs=3), **changes)


def an_order(**changes: Any) -> StartAnalysis:
    """What is said of the analysis itself goes to it."""
    analysis = an_analysis(**changes)
    return StartAnalysis(run="strategy/2/0/prod", place=PLACE, analysis=analysis, definitions="sha256", subject=SUBJECT)


def opened(**changes: Any) -> Opened:
    order = an_order(**changes)
    limits = tuple(one for one in LIMITS if one.query in order.analysis.queries)
    return Opened(run=order.run, order=order, at=NOON, limits=limits)


def answered(number: int, *values: float | str, attempt: int = 1, at: datetime = NOON) -> Answered:
    """Values of the queries in order; a text is why there is none."""
    names = ("error-rate", "latency")
    measurements = tuple(
        Measurement(name, problem=value) if isinstance(value, str) else Measurement(name, float(value))
        for name, value in zip(names, values, strict=False)
    )
    return Answered(run="strategy/2/0/prod", number=number, attempt=attempt, at=at, measurements=measurements)


def a_run(phase: Phase = Phase.WAITING, **changes: Any) -> Run:
    run = Run(
        phase=phase,
        run="strategy/2/0/prod",
        place=PLACE,
        subject=SUBJECT,
        analysis=an_analysis(),
        definitions="sha256",
        began=NOON,
        series=tuple(Series(limits) for limits in LIMITS),
    )
    return replace(run, **changes)
