from datetime import timedelta

import pytest

from libs.analysis.machine import ASK, CHECK, CHECK_SECONDS, MACHINE, MOST_VALUES, RETRY_SECONDS, advance
from libs.analysis.state import Phase, Run, unheard, window
from libs.messages.analysis import (
    AnalysisCancelled,
    AnalysisFailed,
    AnalysisHindered,
    AnalysisMeasured,
    AnalysisPassed,
    CancelAnalysis,
    Measurement,
)
from libs.messages.message import Arm, Message, TimerFired
from tests.shell import Shell
from tests.unit.analysis.runs import NOON, PLACE, a_run, answered, opened


def begun(**changes: object) -> Shell[Run]:
    shell = Shell(MACHINE)
    shell.tell(opened(**changes))
    return shell


def measured(shell: Shell[Run], *values: float | str, late: float = 0) -> list[Message]:
    """Let the window end and answer for it, `late` seconds after its end."""
    shell.tell(TimerFired(name=ASK))
    run = shell.state
    at = window(run).end + timedelta(seconds=late)
    return shell.tell(answered(run.number, *values, attempt=run.attempt, at=at))


@pytest.mark.feature("F128", "F129")
def test_all_runs_within_pass() -> None:
    shell = begun()
    for value in (0.01, 0.02, 0.03):
        said = measured(shell, value, 100)
    assert shell.state.phase is Phase.PASSED
    assert said[-1] == AnalysisPassed(
        target="prod",
        place=PLACE,
        reason="error-rate 0.02 <= 0.02 (mean of 3: 0.01, 0.02, 0.03); "
        "latency 100 >= 10 and <= 200 (mean of 3: 100, 100, 100)",
    )


@pytest.mark.feature("F126", "F128", "F129")
def test_one_mean_outside_fails() -> None:
    shell = begun()
    for value in (0.01, 0.02, 0.063):
        said = measured(shell, value, 100)
    assert shell.state.phase is Phase.FAILED
    (failed,) = [fact for fact in said if isinstance(fact, AnalysisFailed)]
    assert failed.reason.startswith("error-rate 0.031 > 0.02 (mean of 3: 0.01, 0.02, 0.063); latency 100 >= 10")


def test_every_run_is_told() -> None:
    shell = begun()
    assert measured(shell, 0.01, 100) == [
        AnalysisMeasured(
            target="prod",
            place=PLACE,
            number=1,
            measurements=(Measurement("error-rate", 0.01), Measurement("latency", 100)),
        )
    ]


@pytest.mark.feature("F128")
def test_first_run_waits_one_interval() -> None:
    assert begun(interval_seconds=90).armed == {ASK: 90}


@pytest.mark.feature("F128")
def test_next_window_ends_on_time_however_long_asking_took() -> None:
    shell = begun()
    measured(shell, 0.01, 100, late=7)
    assert shell.armed == {ASK: 53}


def test_windows_that_passed_are_asked_for_at_once() -> None:
    shell = begun()
    measured(shell, 0.01, 100, late=3600)
    assert shell.armed == {ASK: 0}


@pytest.mark.feature("F131")
def test_sliding_window_covers_the_last_interval() -> None:
    third = window(a_run(number=3))
    assert (third.start - NOON, third.end - NOON) == (timedelta(minutes=2), timedelta(minutes=3))
    assert third.seconds == 60


@pytest.mark.feature("F131")
def test_growing_window_covers_everything() -> None:
    growing = opened(lookback="growing").order.analysis
    third = window(a_run(analysis=growing, number=3))
    assert (third.start, third.end - NOON, third.seconds) == (NOON, timedelta(minutes=3), 180)


@pytest.mark.feature("F132")
def test_aborting_early_fails_at_the_first_run_outside() -> None:
    shell = begun(aborts_early=True)
    measured(shell, 0.01, 100)
    said = measured(shell, 0.05, 5)
    assert said[-1] == AnalysisFailed(
        target="prod", place=PLACE, reason="run 2 of 3: error-rate 0.05 > 0.02; latency 5 < 10"
    )


@pytest.mark.feature("F132")
def test_early_values_outside_may_be_made_up_for() -> None:
    shell = begun()
    for value in (0.05, 0.0, 0.0):
        measured(shell, value, 100)
    assert shell.state.phase is Phase.PASSED


@pytest.mark.feature("F123")
def test_query_without_a_value_is_asked_twice_more() -> None:
    shell = begun()
    said = measured(shell, 0.01, "no data")
    assert said == [AnalysisHindered(target="prod", place=PLACE, reason="latency: no data")]
    assert shell.armed == {ASK: RETRY_SECONDS[0]}
    measured(shell, 0.01, "no data")
    assert shell.armed == {ASK: RETRY_SECONDS[1]}
    failed = measured(shell, 0.01, "no data")
    assert failed == [
        AnalysisMeasured(
            target="prod",
            place=PLACE,
            number=1,
            measurements=(Measurement("error-rate", 0.01), Measurement("latency", problem="no data")),
        ),
        AnalysisFailed(target="prod", place=PLACE, reason="latency: no data"),
    ]


def test_only_what_has_no_value_is_asked_again_for_the_same_window() -> None:
    shell = begun()
    before = window(shell.state)
    measured(shell, 0.01, "no data")
    assert unheard(shell.state) == ("latency",)
    assert window(shell.state) == before


def test_value_at_the_last_attempt_counts() -> None:
    shell = begun(runs=1)
    for value in ("no data", "connection refused", 100):
        measured(shell, 0.01, value)
    assert shell.state.phase is Phase.PASSED


def test_attempts_count_for_one_run_only() -> None:
    shell = begun()
    measured(shell, "no data", "no data")
    measured(shell, 0.01, 100)
    assert (shell.state.number, shell.state.attempt, shell.state.hindrance) == (2, 1, "")


def test_answer_to_an_earlier_attempt_changes_nothing() -> None:
    shell = begun()
    measured(shell, "no data", "no data")
    shell.tell(TimerFired(name=ASK))
    before = shell.state
    assert shell.tell(answered(1, 0.01, 100, attempt=1)) == []
    assert shell.state is before


def test_lost_asking_is_woken() -> None:
    shell = begun()
    shell.tell(TimerFired(name=ASK))
    assert shell.armed == {CHECK: CHECK_SECONDS}
    shell.tell(TimerFired(name=CHECK))
    assert shell.armed == {CHECK: CHECK_SECONDS}


def test_repeated_start_says_the_outcome_again() -> None:
    shell = begun(runs=1)
    passed = measured(shell, 0.01, 100)[-1]
    assert shell.tell(opened(runs=1)) == [passed]


def test_cancelled_before_its_start_never_starts() -> None:
    shell = Shell(MACHINE)
    assert shell.tell(CancelAnalysis(run="strategy/2/0/prod")) == []
    assert shell.tell(opened()) == [AnalysisFailed(target="prod", place=PLACE, reason="it was cancelled")]


def test_cancelling_is_told_once() -> None:
    shell = begun()
    order = CancelAnalysis(run="strategy/2/0/prod")
    assert shell.tell(order) == [AnalysisCancelled(target="prod", place=PLACE)]
    assert shell.tell(order) == []


def test_more_values_than_a_record_holds_fail_at_once() -> None:
    shell = Shell(MACHINE)
    (failed,) = shell.tell(opened(runs=MOST_VALUES))
    assert failed == AnalysisFailed(
        target="prod", place=PLACE, reason="2 queries in 4000 runs are more than 4000 values"
    )


def test_first_wait_is_armed_with_the_opening() -> None:
    _, outputs = advance(Run(), opened())
    assert outputs == (Arm(ASK, 60),)
