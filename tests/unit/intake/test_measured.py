"""What a view tells of analyses: how many runs of how many, the newest values, and how they are judged now."""

from datetime import UTC, datetime

from libs.analysis.state import Phase, Run, Series
from libs.api.view import DeploymentView, MeasuredView, SeriesView, StepView, TargetView
from libs.bus.broker import Broker
from libs.durable import record
from libs.durable.ports import Write
from libs.messages.analysis import Limits
from libs.messages.subject import Key, state_subject
from libs.plan.model import Analysis
from libs.store.memory import MemoryStore
from services.intake.showing.measured import MOST_QUERIES, analysing, with_measured
from services.intake.showing.records import Records
from tests.clock import VirtualClock

ANALYSIS = StepView(kind="analysis", state="current", name="errors")
PENDING = StepView(kind="analysis", state="pending", name="errors")
LIST = StepView(kind="redirectTrafficAfter", state="current", gates=(StepView(kind="pause", state="current"), ANALYSIS))
STRATEGY, AFTER = "strategy/1/1/prod", "after/0/0/prod"


def view(*steps: StepView, after: tuple[StepView, ...] = ()) -> DeploymentView:
    target = TargetView(name="prod", agent="eu", phase="deploying", steps=steps, after=after)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return DeploymentView(
        id="d", application="shop", phase="running", revision=1, by="ann", started_at=at, targets=(target,)
    )


def run(*values: float, **changes: object) -> Run:
    series = (Series(Limits("errors", upper=0.5), values),)
    analysis = Analysis(queries=("errors",), interval_seconds=60, runs=20)
    return Run(**{"phase": Phase.WAITING, "analysis": analysis, "series": series, **changes})  # type: ignore[arg-type]


def test_only_what_has_begun_is_asked_for() -> None:
    assert analysing(view(PENDING, LIST, after=(ANALYSIS,))) == (STRATEGY, AFTER)


def test_newest_values_and_their_judgment_are_shown() -> None:
    shown = with_measured(view(PENDING, LIST), {STRATEGY: run(*[0.0] * 9, 1.0, 1.0)})
    series = SeriesView("errors", (*[0.0] * 8, 1.0, 1.0), 2 / 11, True, 0.5)
    gate = shown.targets[0].steps[1].gates[1]
    assert gate.measured == MeasuredView(11, 20, (series,))
    assert shown.targets[0].steps[0] == PENDING


def test_mean_outside_says_so() -> None:
    shown = with_measured(view(ANALYSIS), {"strategy/0/0/prod": run(0.2, 0.9)})
    measured = shown.targets[0].steps[0].measured
    assert measured is not None
    assert (measured.done, measured.series[0].within) == (2, False)


def test_nothing_is_judged_before_the_first_value() -> None:
    shown = with_measured(view(ANALYSIS), {"strategy/0/0/prod": run(hindrance="errors: no data")})
    expected = MeasuredView(0, 20, (SeriesView("errors", upper=0.5),), "errors: no data")
    assert shown.targets[0].steps[0].measured == expected


def test_queries_are_bounded() -> None:
    every = tuple(Series(Limits(f"q{number}")) for number in range(MOST_QUERIES + 1))
    measured = with_measured(view(ANALYSIS), {"strategy/0/0/prod": run(series=every)}).targets[0].steps[0].measured
    assert measured is not None
    assert len(measured.series) == MOST_QUERIES


async def test_runs_are_read_by_their_names() -> None:
    store, key = MemoryStore(Broker(VirtualClock())), Key("main", 1, "d")
    kept = run(0.1)
    place = state_subject("analysis", key.of_target(STRATEGY))
    await store.commit([Write(place, record.encode(record.Loaded(kept, 1, cause="c")))])
    assert await Records(store).analyses(key, (STRATEGY, AFTER)) == {STRATEGY: kept}
