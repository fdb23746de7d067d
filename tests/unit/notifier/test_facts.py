"""Which facts a rule wants."""

import pytest

from libs.config.model import NotificationRule
from libs.messages.deployment import DeploymentFailed, DeploymentStarted
from libs.messages.gate import GateStarted
from libs.messages.message import Message
from libs.messages.rollout import RolloutLanded
from libs.messages.run import Place
from libs.spec.model import Approval, Pause
from services.notifier.facts import asks, wants
from tests.unit.notifier.test_words import a_fact, waiting

FAILED = DeploymentFailed(reason="no")
LANDED = RolloutLanded(target="prod")
TIMED = GateStarted(target="prod", place=Place("before", 0), what=Pause(seconds=5))

WANTED: list[tuple[dict[str, tuple[str, ...]], Message, bool]] = [
    ({}, FAILED, True),
    ({}, LANDED, False),
    ({}, waiting(), True),
    ({}, TIMED, False),
    ({"events": ("approval.*",)}, waiting(), True),
    ({"events": ("gate.started",)}, TIMED, True),
    ({"events": ("*",)}, LANDED, True),
    ({"events": ("deployment.failed",)}, DeploymentStarted(application="shop", targets=(), by="a"), False),
    ({"applications": ("shop",)}, FAILED, True),
    ({"applications": ("pay", "SHOP*")}, FAILED, True),
    ({"applications": ("pay",)}, FAILED, False),
    ({"targets": ("prod-*",), "events": ("*",)}, LANDED, False),
    ({"targets": ("prod*",), "events": ("*",)}, LANDED, True),
    ({"targets": ("staging",)}, FAILED, True),
]


@pytest.mark.parametrize(("rule", "message", "expected"), WANTED)
def test_rule_wants_what_the_table_says(rule: dict[str, tuple[str, ...]], message: Message, expected: bool) -> None:
    assert wants(NotificationRule("n", "slack", **rule), a_fact(message), "shop") is expected


def test_only_an_approval_asks() -> None:
    assert asks(GateStarted(target="p", place=Place("after", 1), what=Pause(approval=Approval())))
    assert not asks(TIMED)
    assert not asks(None)
