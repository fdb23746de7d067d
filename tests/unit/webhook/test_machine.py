"""How a webhook run decides, message by message."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.messages.message import Arm, Disarm, TimerFired
from libs.messages.webhook import (
    CallAnswered,
    CallBackRefused,
    CallHindered,
    CancelWebhook,
    WebhookCalled,
    WebhookCancelled,
    WebhookFailed,
    WebhookHindered,
    WebhookSucceeded,
)
from libs.webhook.machine import AGENT_SECONDS, CALLBACK_SECONDS, CHECK_SECONDS, MACHINE, RETRY_MOST_SECONDS, advance
from libs.webhook.state import Phase, Run
from tests.shell import Shell
from tests.unit.webhook.builders import PLACE, RUN, a_callback, a_run, a_start, begun, missed
from tests.unit.webhook.test_matrix import MESSAGES_TOLD

ANSWERED = CallAnswered(run=RUN, attempt=1, status=204)


def succeeded(message: str = "", by: str = "") -> WebhookSucceeded:
    return WebhookSucceeded(target="prod", place=PLACE, name="tests", message=message, by=by)


def failed(reason: str) -> WebhookFailed:
    return WebhookFailed(target="prod", place=PLACE, name="tests", reason=reason)


def hindered(reason: str) -> WebhookHindered:
    return WebhookHindered(target="prod", place=PLACE, name="tests", reason=reason)


@pytest.mark.feature("F99")
def test_start_is_to_be_called() -> None:
    assert advance(Run(), a_start()) == (a_run(), (Arm("check", CHECK_SECONDS),))


def test_attempt_counts_before_the_call() -> None:
    assert advance(a_run(), begun(retries=2)) == (a_run(attempt=1, process="p1", retries=2), ())


def test_left_attempt_keeps_its_number() -> None:
    left = a_run(attempt=2, process="p1", retries=2)
    assert advance(left, begun(2, "p2", 2)) == (a_run(attempt=2, process="p2", retries=2), ())


@pytest.mark.feature("F114", "F117")
def test_answer_begins_the_wait() -> None:
    called = WebhookCalled(target="prod", place=PLACE, name="tests", status=204)
    timers = (Disarm("check"), Disarm("retry"), Disarm("agent"), Arm("callback", CALLBACK_SECONDS))
    assert advance(a_run(attempt=1, process="p1"), ANSWERED) == (a_run(Phase.WAITING, attempt=1), (called, *timers))


@pytest.mark.feature("F116")
def test_fire_and_forget_succeeds_with_the_answer() -> None:
    plain = a_run(attempt=1, process="p1", calls_back=False)
    ended = a_run(Phase.SUCCEEDED, attempt=1, calls_back=False, message="answered with 204")
    assert advance(plain, ANSWERED) == (ended, (succeeded("answered with 204"),))


@pytest.mark.feature("F114")
def test_callback_decides() -> None:
    waiting = a_run(Phase.WAITING, attempt=1)
    assert advance(waiting, a_callback(message="all green"))[1] == (succeeded("all green", "ci"),)
    reason = "ci called back that it failed: 3 of 9 red"
    assert advance(waiting, a_callback(False, "3 of 9 red"))[1] == (failed(reason),)


def test_callback_delivered_again_is_no_second_one() -> None:
    ended, _ = advance(a_run(Phase.WAITING, attempt=1), a_callback(id_="c1"))
    assert advance(ended, a_callback(id_="c1")) == (ended, ())
    assert advance(ended, a_callback(id_="c2"))[1] != ()


def test_callback_may_come_before_the_answer() -> None:
    shell = Shell(MACHINE, a_run(attempt=1, process="p1"))
    shell.armed["check"] = CHECK_SECONDS
    assert shell.tell(a_callback()) == [succeeded(by="ci")]
    assert shell.tell(ANSWERED) == []


@pytest.mark.feature("F117")
def test_missing_callback_fails_after_a_day() -> None:
    assert CALLBACK_SECONDS == 24 * 60 * 60
    told = (failed("no callback came within 24 hours"),)
    assert advance(a_run(Phase.WAITING, attempt=1), TimerFired(name="callback"))[1] == told


@pytest.mark.feature("F113")
def test_pauses_double_between_attempts() -> None:
    shell = Shell(MACHINE)
    shell.tell(a_start())
    pauses = []
    for attempt in range(1, 5):
        shell.tell(begun(attempt, retries=4))
        shell.tell(missed(attempt, reason="status 500"))
        pauses.append(shell.armed["retry"])
        shell.tell(TimerFired(name="retry"))
    assert pauses == [1, 2, 4, 8]
    shell.tell(begun(5, retries=4))
    assert shell.tell(missed(5, reason="status 500")) == [failed("attempt 5 of 5: status 500")]


@pytest.mark.feature("F113")
def test_pause_is_told_and_bounded() -> None:
    first = a_run(attempt=1, process="p1", retries=1)
    assert advance(first, missed(reason="status 500"))[1] == (
        hindered("attempt 1 of 2: status 500; called again in 1 s"),
        Disarm("agent"),
        Arm("retry", 1),
    )
    late = a_run(attempt=500, process="p1", retries=1000)
    assert Arm("retry", RETRY_MOST_SECONDS) in advance(late, missed(500))[1]


def test_no_retry_fails_at_once() -> None:
    assert advance(a_run(attempt=1, process="p1"), missed(reason="status 500"))[1] == (failed("status 500"),)


def test_pause_holds_the_next_attempt() -> None:
    pausing = a_run(attempt=1, is_pausing=True, retries=1)
    assert advance(pausing, begun(2, retries=1)) == (pausing, ())


@pytest.mark.feature("F111")
def test_agent_is_waited_for_so_long() -> None:
    away = CallHindered(run=RUN, attempt=1, reason="agent prod-eu is away")
    run = a_run(attempt=1, process="p1")
    told = (hindered("agent prod-eu is away"), Arm("agent", AGENT_SECONDS))
    waiting = a_run(attempt=1, process="p1", hindrance="agent prod-eu is away")
    assert advance(run, away) == (waiting, told)
    other = CallHindered(run=RUN, attempt=1, reason="agent prod-eu is busy")
    assert advance(waiting, other)[1] == (hindered("agent prod-eu is busy"),)
    reason = "not called within 30 minutes: agent prod-eu is away"
    assert advance(waiting, TimerFired(name="agent"))[1] == (failed(reason),)


def test_ended_run_says_its_outcome_again() -> None:
    green = a_run(Phase.SUCCEEDED, message="all green", by="ci")
    assert advance(green, a_start()) == (green, (succeeded("all green", "ci"),))
    red = a_run(Phase.FAILED, reason="status 404")
    assert advance(red, a_start()) == (red, (failed("status 404"),))


@pytest.mark.feature("F107")
def test_cancel_is_told() -> None:
    told = WebhookCancelled(target="prod", place=PLACE, name="tests")
    assert advance(a_run(Phase.WAITING, attempt=1), CancelWebhook(run=RUN)) == (
        a_run(Phase.CANCELLED, attempt=1),
        (told,),
    )


def test_cancel_before_the_start_keeps_it_from_starting() -> None:
    cancelled, told = advance(Run(), CancelWebhook(run=RUN))
    assert (cancelled.phase, told) == (Phase.CANCELLED, ())
    assert advance(cancelled, a_start()) == (cancelled, (failed("it was cancelled"),))


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (a_run(Phase.SUCCEEDED, by="ci"), "ci has called back already; the webhook run has succeeded"),
        (a_run(Phase.FAILED, reason="late"), "the step is over: the webhook run has failed"),
        (a_run(Phase.CANCELLED), "the step is over: the webhook run has been cancelled"),
        (a_run(), "the webhook was not called yet"),
        (Run(), "the webhook was not called yet"),
        (a_run(attempt=1, calls_back=False), "the webhook tests wants no callback"),
    ],
)
def test_late_callback_is_refused_in_words(run: Run, reason: str) -> None:
    refused = CallBackRefused(target="prod", order="cmd.webhook.call-back", reason=reason)
    assert advance(run, a_callback()) == (run, (refused,))


@given(st.lists(st.sampled_from(list(MESSAGES_TOLD.values())), max_size=30))
def test_any_order_keeps_the_rules(messages: list[object]) -> None:
    """The shell checks each transition; over all of them, at most one outcome is told unless it is asked for again."""
    shell = Shell(MACHINE)
    told = list(chain.from_iterable(shell.tell(message) for message in messages))  # type: ignore[arg-type]
    outcomes = [one for one in told if isinstance(one, WebhookSucceeded | WebhookFailed)]
    assert len({one for one in outcomes if isinstance(one, WebhookSucceeded)}) <= 1
    assert not outcomes or shell.has_ended
