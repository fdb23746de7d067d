"""One line for each fact; none of them is forgotten."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.showing.story import _WORDS, told
from libs.api.view import EventView
from libs.messages.codec import MESSAGES

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def line(type_: str, **data: Any) -> str:
    return told(EventView(type=f"evt.{type_}", at=AT, data=data))


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
            "prod: pauses for 60 s before it begins",
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
            "prod: errors, latency analysed",
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
        (line("rollout.rolled-back", target="prod"), "prod: the previous version has everything again"),
        (line("rollout.rolled-back", target="prod", first=True), "prod: what was made is taken away again"),
        (line("rollout.rolled-back", target="prod", untouched=True), "prod: nothing was changed"),
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
