"""One line for each fact; none of them is forgotten."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.story import _WORDS, told
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
            line("rollout.step-started", target="prod", step=2, what={"step": "pause", "seconds": 60}),
            "prod: pauses for 60 s",
        ),
        (
            line("rollout.step-started", target="prod", step=2, what={"step": "pause", "approval": {"roles": ["sre"]}}),
            "prod: waits for approval by sre",
        ),
        (line("deployment.pause-ended", target="prod", stage="before", step=0, by="ann"), "prod: approved by ann"),
        (line("rollout.hindered", target="prod", reason="1 of 4 ready"), "prod: waits: 1 of 4 ready"),
        (line("rollout.returning", target="prod", reason="too slow"), "prod: goes back: too slow"),
        (line("deployment.failed", reason="prod: too slow"), "the deployment failed: prod: too slow"),
    ],
)
def test_fact_is_told(said: str, expected: str) -> None:
    assert said == f"03:04:05  {expected}"


def test_end_of_hindrance_is_silent() -> None:
    assert line("rollout.hindered", target="prod", reason="") == ""


def test_newer_fact_is_still_told() -> None:
    assert line("rollout.traffic-shifted", target="prod") == "03:04:05  prod: rollout traffic shifted"


def test_every_fact_has_words() -> None:
    facts = {address for address in MESSAGES if address.startswith(("evt.deployment.", "evt.rollout."))}
    assert facts <= set(_WORDS)
