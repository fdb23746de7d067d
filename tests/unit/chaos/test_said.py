"""What clients and the stream must agree on: each disagreement is named."""

from datetime import UTC, datetime

from libs.api.request import StartRequest
from libs.deployment.state import Phase
from libs.durable import record
from libs.durable.ports import Stored
from libs.durable.record import Timer
from tests.builders import a_deployment
from tests.chaos.customer import Told
from tests.chaos.release import Release
from tests.chaos.said import doubled, left_over, lost, told_wrong, torn

AT = datetime(2026, 1, 2, tzinfo=UTC)
ENDED = "evt.main.deployment.succeeded.1.d1.-"
STATE = "state.main.deployment.1.d1.-"


def stream(*messages: tuple[str, bytes]) -> list[Stored]:
    return [Stored(subject, number, AT, data) for number, (subject, data) in enumerate(messages, 1)]


def a_record(step: int, phase: Phase = Phase.SUCCEEDED, timers: dict[str, Timer] | None = None) -> tuple[str, bytes]:
    return STATE, record.encode(record.Loaded(a_deployment(phase=phase), step, cause="c", timers=timers or {}))


def told(*phases: str) -> Told:
    one = Told(Release("shop", 1, "canary", "succeeded", StartRequest(config="")))
    one.ids, one.phases = {"d1"}, list(phases)
    return one


def test_agreement_is_no_violation() -> None:
    clients, bus = [told("succeeded")], stream(a_record(1, Phase.RUNNING), a_record(2), (ENDED, b""))
    assert [*told_wrong(clients), *lost(clients, bus), *doubled(clients, bus), *torn(bus), *left_over(bus)] == []


def test_lost_end_is_named() -> None:
    assert [*lost([told("succeeded")], stream(a_record(1)))]


def test_second_end_is_named() -> None:
    assert [*doubled([told("succeeded")], stream(a_record(1), (ENDED, b""), (ENDED, b"")))]


def test_deployment_nobody_knows_is_named() -> None:
    assert [*doubled([], stream(a_record(1)))]


def test_second_deployment_for_a_key_is_named() -> None:
    one = told("succeeded")
    one.ids = {"d1", "d2"}
    assert [*told_wrong([one])]


def test_other_end_than_the_files_is_named() -> None:
    assert [*told_wrong([told("failed")])]
    assert [*told_wrong([told()])]


def test_missing_and_repeated_steps_are_named() -> None:
    assert [*torn(stream(a_record(1), a_record(3)))]
    assert [*torn(stream(a_record(1), a_record(1)))]


def test_open_machine_and_timer_are_left_over() -> None:
    assert [*left_over(stream(a_record(1, Phase.RUNNING)))]
    assert [*left_over(stream(a_record(1, timers={"check": Timer(1, 5.0)})))]
