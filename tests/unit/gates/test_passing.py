"""What begins a gate, what passes it, what fails it, and what is ended with it."""

import pytest

from libs.gates.passing import FromRun, Moved, approve, begin, hear, reject, remind, skip, stop, wake
from libs.gates.state import Outcome, Passage, Verdict, timer_of
from libs.messages.analysis import AnalysisFailed, AnalysisPassed, CancelAnalysis, StartAnalysis
from libs.messages.gate import GateAsked, GateFailed, GatePassed, GateStarted
from libs.messages.message import Arm, Disarm, Output
from libs.messages.run import Place, Subject
from libs.messages.webhook import CancelWebhook, StartWebhook, WebhookFailed, WebhookSucceeded
from libs.plan.model import Gate
from tests.builders import a_passage, a_timed_pause, a_webhook, an_analysis, an_approval

FIRST = Place("before", 0)
DEFINITIONS = "sha256-of-definitions"
SUBJECT = Subject(application="shop", target="prod", agent="prod-eu", namespace="shop")
ASKED = Outcome(0, Verdict.ASKING, "analysis failed: errors is 0.3, above 0.1")
FAILED = AnalysisFailed(target="prod", place=FIRST, reason="errors is 0.3, above 0.1")
STEP = a_passage(a_webhook(), stage="strategy", step=2)
PASSED = AnalysisPassed(target="prod", place=FIRST, reason="all within limits")


def succeeded(place: Place = FIRST, **said: str) -> WebhookSucceeded:
    return WebhookSucceeded(target="prod", place=place, name="smoke", **said)


def failed(place: Place = FIRST) -> WebhookFailed:
    return WebhookFailed(target="prod", place=place, name="smoke", reason="status 503")


def start_webhook(index: int = 0) -> StartWebhook:
    return StartWebhook(
        run=f"before/{index}/0/prod",
        place=Place("before", index),
        name="smoke",
        definitions=DEFINITIONS,
        subject=SUBJECT,
    )


def start_analysis(index: int = 0) -> StartAnalysis:
    return StartAnalysis(
        run=f"before/{index}/0/prod",
        place=Place("before", index),
        analysis=an_analysis(),
        definitions=DEFINITIONS,
        subject=SUBJECT,
    )


def verdicts(moved: Moved | None) -> list[Verdict]:
    assert moved is not None
    return [outcome.verdict for outcome in moved[0]]


@pytest.mark.feature("F40", "F41", "F42", "F99")
def test_all_gates_begin_together() -> None:
    sre = an_approval("sre", expires_seconds=90)
    gates: tuple[Gate, ...] = (a_timed_pause(60), sre, an_approval(), a_webhook(), an_analysis())
    passage = a_passage(*gates)
    started = [GateStarted(target="prod", place=Place("before", i), what=gate) for i, gate in enumerate(gates)]
    assert begin(passage) == (
        started[0],
        Arm(timer_of(passage, 0), 60),
        started[1],
        Arm(timer_of(passage, 1), 90),
        started[2],
        started[3],
        start_webhook(3),
        started[4],
        start_analysis(4),
    )


@pytest.mark.feature("F118")
def test_run_gets_the_gates_own_context() -> None:
    (_, start) = begin(a_passage(a_webhook(suite="fast")))
    assert isinstance(start, StartWebhook)
    assert start.subject.context == {"suite": "fast"}


def test_gate_of_a_step_names_step_and_gate() -> None:
    passage = a_passage(a_webhook(), a_webhook(), stage="strategy", step=4)
    starts = [output for output in begin(passage) if isinstance(output, StartWebhook)]
    assert [start.place for start in starts] == [Place("strategy", 4, 0), Place("strategy", 4, 1)]
    assert [start.run for start in starts] == ["strategy/4/0/prod", "strategy/4/1/prod"]


@pytest.mark.parametrize(
    ("gate", "fact", "verdict", "message"),
    [
        (a_webhook(), succeeded(message="12 tests"), Verdict.PASSED, "12 tests"),
        (a_webhook(), failed(), Verdict.FAILED, "webhook smoke failed: status 503"),
        (an_analysis(), PASSED, Verdict.PASSED, "all within limits"),
        (an_analysis(passed=True), PASSED, Verdict.ASKING, "analysis passed: all within limits"),
        (an_analysis(failed=True), PASSED, Verdict.PASSED, "all within limits"),
        (an_analysis(), FAILED, Verdict.FAILED, "analysis failed: errors is 0.3, above 0.1"),
        (an_analysis(failed=True), FAILED, Verdict.ASKING, "analysis failed: errors is 0.3, above 0.1"),
        (an_analysis(passed=True), FAILED, Verdict.FAILED, "analysis failed: errors is 0.3, above 0.1"),
    ],
)
@pytest.mark.feature("F103", "F104")
def test_outcome_follows_the_runs_word(gate: Gate, fact: FromRun, verdict: Verdict, message: str) -> None:
    moved = hear(a_passage(gate), fact)
    assert moved is not None
    assert moved[0] == (Outcome(0, verdict, message),)


def test_verdict_may_ask_a_person() -> None:
    moved = hear(a_passage(an_analysis(failed=True)), FAILED)
    assert moved == ((ASKED,), (GateAsked(target="prod", place=FIRST, passed=False, reason=FAILED.reason),))


@pytest.mark.parametrize(
    ("passage", "fact"),
    [
        pytest.param(a_passage(a_webhook()), succeeded(Place("after", 0)), id="another stage"),
        pytest.param(a_passage(a_webhook()), succeeded(Place("before", 1)), id="no such gate"),
        pytest.param(a_passage(a_webhook()), succeeded(Place("before", -1)), id="no gate at all"),
        pytest.param(a_passage(a_webhook()), succeeded(Place("before", 0, 1)), id="a list within"),
        pytest.param(
            a_passage(a_webhook(), stage="strategy", step=2), succeeded(Place("strategy", 1)), id="a step ago"
        ),
        pytest.param(a_passage(a_webhook()), PASSED, id="another kind"),
        pytest.param(a_passage(a_timed_pause()), succeeded(), id="a pause"),
        pytest.param(a_passage(a_webhook(), outcomes=(Outcome(0, Verdict.PASSED),)), failed(), id="over already"),
        pytest.param(a_passage(an_analysis(failed=True), outcomes=(ASKED,)), PASSED, id="judged already"),
    ],
)
def test_word_for_nobody_is_ignored(passage: Passage, fact: FromRun) -> None:
    assert hear(passage, fact) is None


def test_time_passes_a_pause_and_fails_an_approval() -> None:
    passage = a_passage(a_timed_pause(), an_approval(expires_seconds=60), an_approval())
    assert wake(passage, timer_of(passage, 0)) == (
        (Outcome(0, Verdict.PASSED),),
        (GatePassed(target="prod", place=FIRST), Disarm(timer_of(passage, 0))),
    )
    expired = Outcome(1, Verdict.FAILED, "approval expired", cancelled=True)
    told = GateFailed(target="prod", place=Place("before", 1), reason="approval expired")
    assert wake(passage, timer_of(passage, 1)) == ((expired,), (told, Disarm(timer_of(passage, 1))))
    assert wake(passage, timer_of(passage, 2)) is None
    assert wake(passage, "check") is None


@pytest.mark.parametrize("passage", [a_passage(an_approval()), a_passage(an_analysis(failed=True), outcomes=(ASKED,))])
def test_person_lets_go_on_or_not(passage: Passage) -> None:
    assert verdicts(approve(passage, FIRST, "ann")) == [Verdict.PASSED]
    moved = reject(passage, FIRST, "ann", "too slow")
    assert moved is not None
    assert moved[0] == (Outcome(0, Verdict.FAILED, "rejected by ann: too slow", "ann", cancelled=True),)


@pytest.mark.parametrize(
    "passage",
    [
        a_passage(a_timed_pause()),
        a_passage(a_webhook()),
        a_passage(an_analysis(failed=True)),
        a_passage(an_approval(), outcomes=(Outcome(0, Verdict.PASSED),)),
        a_passage(an_approval(), stage="after"),
    ],
)
def test_person_decides_only_what_asks(passage: Passage) -> None:
    assert approve(passage, FIRST, "ann") is None
    assert reject(passage, FIRST, "ann", "") is None


@pytest.mark.parametrize(
    ("gate", "ended"),
    [
        (a_timed_pause(), (Disarm(timer_of(a_passage(a_timed_pause()), 0)),)),
        (an_approval(), ()),
        (a_webhook(), (CancelWebhook(run="before/0/0/prod"),)),
        (an_analysis(), (CancelAnalysis(run="before/0/0/prod"),)),
    ],
)
@pytest.mark.feature("F89")
def test_skipped_gate_ends_its_run(gate: Gate, ended: tuple[Output, ...]) -> None:
    moved = skip(a_passage(gate), FIRST, "ann")
    assert moved is not None
    told = GatePassed(target="prod", place=FIRST, by="ann", skipped=True)
    assert moved == ((Outcome(0, Verdict.SKIPPED, by="ann"),), (told, *ended))


def test_gate_that_is_over_cannot_be_skipped() -> None:
    assert skip(a_passage(a_webhook(), outcomes=(Outcome(0, Verdict.PASSED),)), FIRST, "ann") is None


def test_stop_ends_what_still_runs() -> None:
    gates = (a_timed_pause(), an_approval(), a_webhook(), a_webhook(), an_analysis())
    passage = a_passage(*gates, outcomes=(Outcome(3, Verdict.FAILED),))
    ended = (Disarm(timer_of(passage, 0)), CancelWebhook(run="before/2/0/prod"), CancelAnalysis(run="before/4/0/prod"))
    assert stop(passage) == ended


def test_reminder_starts_awaited_runs_again() -> None:
    gates = (a_timed_pause(), a_webhook(), a_webhook(), an_analysis(), an_analysis(failed=True))
    passage = a_passage(*gates, outcomes=(Outcome(1, Verdict.PASSED), Outcome(4, Verdict.ASKING)))
    assert remind(passage) == (start_webhook(2), start_analysis(3))


def test_long_message_is_cut() -> None:
    moved = hear(a_passage(a_webhook()), succeeded(message="x" * 5000))
    assert moved is not None
    assert len(moved[0][0].message) == 300
