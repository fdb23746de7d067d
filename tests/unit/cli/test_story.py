"""One line for each fact; none of them is forgotten."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.showing.sentences import _WORDS
from cli.showing.story import Story
from libs.api.view import EventView
from libs.messages.codec import MESSAGES

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def line(type_: str, **data: Any) -> str:
    return Story().line(EventView(type=f"evt.{type_}", at=AT, data=data))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (line("deployment.started", application="shop", by="ann"), "shop is deployed by ann"),
        (
            line("rollout.step-started", target="prod", step=1, what={"step": "setWeight", "weight": 25}),
            "prod: goes to 25 %",
        ),
        (
            line("gate.started", target="prod", what={"step": "pause", "seconds": 60}, place={"stage": "before"}),
            "prod: pauses for 1 min before it begins",
        ),
        (
            line("gate.started", target="prod", what={"step": "pause", "approval": {"roles": ["sre"]}}),
            "prod: waits for approval by sre",
        ),
        (
            line("gate.started", target="prod", what={"step": "runWebhook", "name": "smoke"}),
            "prod: webhook smoke is called",
        ),
        (
            line("gate.started", target="prod", what={"step": "analysis", "queries": ["errors", "latency"]}),
            "prod: analysis of errors, latency begins",
        ),
        (line("gate.passed", target="prod", by="ann"), "prod: approved by ann"),
        (line("gate.passed", target="prod", message="12 tests"), "prod: passed: 12 tests"),
        (line("gate.passed", target="prod"), "prod: goes on"),
        (line("gate.passed", target="prod", by="ann", skipped=True), "prod: ann went on without waiting"),
        (
            line("gate.asked", target="prod", passed=False, reason="errors 0.2"),
            "prod: the analysis failed: errors 0.2; a person decides",
        ),
        (line("gate.failed", target="prod", reason="approval expired"), "prod: approval expired"),
        (
            line("analysis.measured", target="prod", measurements=[{"query": "errors", "value": 0.2}]),
            "prod: measured errors 0.2",
        ),
        (line("rollout.paused", target="prod", by="ann", reason="lunch"), "prod: held by ann: lunch"),
        (line("deployment.queued", application="shop"), "waits for the deployment under way to end"),
        (line("rollout.hindered", target="prod", reason="1 of 4 ready"), "prod: waits: 1 of 4 ready"),
        (line("rollout.returning", target="prod", reason="too slow"), "prod: goes back: too slow"),
        (line("rollout.rolled-back", target="prod"), "prod: rolled back: what was there before is back"),
        (
            line("rollout.rolled-back", target="prod", first=True),
            "prod: rolled back: what was made is taken away again",
        ),
        (line("rollout.rolled-back", target="prod", untouched=True), "prod: rolled back: nothing was changed"),
        (
            line("rollout.step-started", target="prod", step=1, what={"step": "deployGreen"}, alone=True),
            "prod: the new version comes up",
        ),
        (line("deployment.failed", reason="prod: too slow"), "the deployment failed: prod: too slow"),
    ],
)
def test_fact_is_told(said: str, expected: str) -> None:
    assert said == f"03:04:05  {expected}"


def test_end_of_hindrance_is_silent() -> None:
    assert line("rollout.hindered", target="prod", reason="") == ""


def test_step_of_gates_is_told_by_its_gates() -> None:
    assert line("rollout.step-started", target="prod", step=2, what={"step": "awaitGates", "gates": []}) == ""


def test_newer_fact_is_still_told() -> None:
    assert line("rollout.traffic-shifted", target="prod") == "03:04:05  prod: rollout traffic shifted"


def test_every_fact_has_words() -> None:
    owners = ("evt.analysis.", "evt.deployment.", "evt.gate.", "evt.rollout.", "evt.webhook.")
    facts = {address for address in MESSAGES if address.startswith(owners)}
    assert facts <= set(_WORDS)


def said(*facts: tuple[str, dict[str, Any]]) -> list[str]:
    """One deployment's lines, without the time of day."""
    story = Story()
    lines = (story.line(EventView(type=f"evt.{type_}", at=AT, data=data)) for type_, data in facts)
    return [line.partition("  ")[2] for line in lines if line]


SLOW = "not done within 60 s: ImagePullBackOff"
BEGUN = (
    ("deployment.started", {"application": "shop", "by": "ann"}),
    ("deployment.target-started", {"target": "prod"}),
    ("rollout.step-started", {"target": "prod", "step": 0, "what": {"step": "setWeight", "weight": 25}}),
)


def ended(phase: str, reason: str = "", target: str = "prod") -> tuple[str, dict[str, Any]]:
    return ("deployment.target-ended", {"target": target, "phase": phase, "reason": reason})


def test_reason_is_told_once() -> None:
    lines = said(
        *BEGUN,
        ("rollout.hindered", {"target": "prod", "reason": "ImagePullBackOff"}),
        ("rollout.returning", {"target": "prod", "reason": SLOW}),
        ("rollout.rolled-back", {"target": "prod", "reason": SLOW}),
        ended("rolled_back", SLOW),
        ended("cancelled", "it depends on prod, which was rolled back", "late"),
        ("deployment.failed", {"reason": f"prod: {SLOW}"}),
    )
    assert lines[3:] == [
        "prod: waits: ImagePullBackOff",
        "prod: goes back: not done within 60 s",
        "prod: rolled back: what was there before is back",
        "late: cancelled: it depends on prod, which was rolled back",
        "shop failed: prod was rolled back, late never began",
    ]


def test_reason_of_all_is_not_repeated_by_each() -> None:
    lines = said(
        *BEGUN,
        ("deployment.abort-started", {"by": "ann", "reason": "aborted by ann: no"}),
        ("rollout.returning", {"target": "prod", "reason": "aborted by ann: no"}),
        ("deployment.cancelled", {"reason": "aborted by ann: no"}),
    )
    assert lines[3:] == ["aborted by ann: no", "prod: goes back", "shop was cancelled"]


def test_unheard_reason_stands_at_the_end() -> None:
    assert said(("deployment.failed", {"reason": "prod: too slow"})) == ["the deployment failed: prod: too slow"]


def test_target_may_wait_twice_for_the_same() -> None:
    hindered = ("rollout.hindered", {"target": "prod", "reason": "1 of 4 ready"})
    assert said(hindered, ("rollout.hindered", {"target": "prod", "reason": ""}), hindered) == [
        "prod: waits: 1 of 4 ready",
        "prod: waits: 1 of 4 ready",
    ]


def test_same_reason_of_two_targets_is_told_of_both() -> None:
    facts = [("rollout.returning", {"target": name, "reason": "too slow"}) for name in ("eu", "us")]
    assert said(*facts) == ["eu: goes back: too slow", "us: goes back: too slow"]


def test_first_version_has_no_weight_and_leaves_none_behind() -> None:
    what = {"step": "setWeight", "weight": 100}
    assert said(
        ("rollout.step-started", {"target": "prod", "step": 1, "what": what, "alone": True}),
        ("rollout.landed", {"target": "prod", "replica_sets": ["web-1"]}),
        ("rollout.succeeded", {"target": "prod"}),
        ended("succeeded"),
        ("deployment.succeeded", {}),
    ) == [
        "prod: the new version comes up",
        "prod: the new version is up",
        "prod: succeeded",
        "the deployment succeeded",
    ]


def test_target_without_pods_has_no_versions() -> None:
    assert said(("rollout.landed", {"target": "prod"}), ("rollout.succeeded", {"target": "prod"})) == [
        "prod: everything is applied",
        "prod: succeeded",
    ]


def test_gates_that_fail_afterwards_leave_the_new_version() -> None:
    assert said(
        *BEGUN,
        ("rollout.landed", {"target": "prod", "replica_sets": ["web-2"]}),
        ("gate.failed", {"target": "prod", "reason": "analysis failed: errors 3 > 2"}),
        ended("failed", "analysis failed: errors 3 > 2"),
        ("rollout.succeeded", {"target": "prod"}),
        ("deployment.failed", {"reason": "prod: analysis failed: errors 3 > 2"}),
    )[3:] == [
        "prod: the new version has everything",
        "prod: analysis failed: errors 3 > 2",
        "prod: failed; it keeps the new version",
        "prod: finished: only the new version is left",
        "shop failed: prod failed and keeps the new version",
    ]


def test_gate_before_leaves_everything_as_it_was() -> None:
    assert said(*BEGUN[:2], ("gate.failed", {"target": "prod", "reason": "no"}), ended("failed", "no"))[2:] == [
        "prod: no",
        "prod: failed: nothing was changed",
    ]


def test_many_targets_are_counted() -> None:
    many = [ended("succeeded", target=f"eu-{n}") for n in range(12)]
    assert said(*many, ("deployment.failed", {"reason": "no plan"}))[-1] == (
        "the deployment failed: no plan; "
        "eu-0, eu-1, eu-2, eu-3, eu-4, eu-5, eu-6, eu-7, eu-8, eu-9 and 2 more succeeded"
    )


def test_measured_value_is_written_as_its_judgment_writes_it() -> None:
    measured = [{"query": "rs", "value": 3.0}, {"query": "errors", "value": 0.0123456789}]
    assert said(("analysis.measured", {"target": "prod", "measurements": measured})) == [
        "prod: measured rs 3, errors 0.0123457"
    ]
