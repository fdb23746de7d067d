"""A decision on the wire: what a batch holds, and in which order."""

from datetime import UTC, datetime, timedelta

import pytest

from libs.durable.decision import Decision
from libs.durable.ports import MAX_BATCH
from libs.durable.record import Timer, decode
from libs.durable.writes import EARLY_SECONDS, Cause, Step, TooLarge, batch
from libs.messages.message import Output
from libs.messages.rollout import RolloutHindered
from libs.messages.subject import due_subject, state_subject, timer_subject
from tests.counter import KEY, TARGET, Counter

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STEP = Step("rollout", KEY, Cause("m1"), NOW)
FACT = RolloutHindered(target=TARGET, reason="slow")


def decision(
    *outputs: Output, timers: dict[str, Timer] | None = None, cancelled: tuple[tuple[str, Timer], ...] = ()
) -> Decision[Counter]:
    return Decision(4, Counter(1), outputs, timers or {}, None, cancelled)


def test_record_is_last_and_compared() -> None:
    fact, record = batch(STEP, decision(FACT), expected=17)
    assert fact.expected is None
    assert (record.subject, record.expected) == (state_subject("rollout", KEY), 17)
    assert decode(record.data).step == 4


def test_new_timer_wakes_a_little_late() -> None:
    timer, _ = batch(STEP, decision(timers={"step": Timer(4, 30)}), expected=0)
    assert timer.subject == timer_subject("rollout", "step", KEY, 4)
    assert timer.fires_as == due_subject("rollout", "step", KEY, 4)
    assert timer.fires_at == NOW + timedelta(seconds=30 + EARLY_SECONDS)


def test_timer_armed_again_wakes_at_its_deadline() -> None:
    deadline = NOW + timedelta(seconds=7)
    timer, _ = batch(STEP, decision(timers={"step": Timer(4, 30, deadline)}), expected=0)
    assert timer.fires_at == deadline


def test_timer_of_an_earlier_step_is_left_alone() -> None:
    (record,) = batch(STEP, decision(timers={"step": Timer(3, 30, NOW)}), expected=0)
    assert decode(record.data).timers == {"step": Timer(3, 30, NOW)}


def test_strange_timer_name_is_one_token() -> None:
    timer, _ = batch(STEP, decision(timers={"Prod EU.1": Timer(4, 30)}), expected=0)
    assert len(timer.subject.split(".")) == len(timer_subject("rollout", "step", KEY, 4).split("."))


def test_cancelled_timers_ride_on_different_messages() -> None:
    cancelled = (("step", Timer(2, 30)), ("limit", Timer(1, 60)))
    writes = batch(STEP, decision(FACT, cancelled=cancelled), expected=0)
    assert [write.cancels for write in writes] == [
        timer_subject("rollout", "step", KEY, 2),
        timer_subject("rollout", "limit", KEY, 1),
    ]


def test_more_cancellations_than_messages_are_left_to_fire() -> None:
    cancelled = tuple((f"t{number}", Timer(1, 30)) for number in range(3))
    assert len(batch(STEP, decision(cancelled=cancelled), expected=0)) == 1


def test_too_many_messages_are_named() -> None:
    with pytest.raises(TooLarge, match=f"{MAX_BATCH + 1} messages"):
        batch(STEP, decision(*[FACT] * MAX_BATCH), expected=0)
