"""What a notification says, for every fact that has words of its own."""

import json
from datetime import UTC, datetime

import pytest

from libs.messages.codec import MESSAGES, encode
from libs.messages.deployment import (
    AbortStarted,
    DeploymentCancelled,
    DeploymentFailed,
    DeploymentStarted,
    DeploymentSucceeded,
    TargetEnded,
    TargetStarted,
)
from libs.messages.gate import GateAsked, GateFailed, GatePassed, GateStarted
from libs.messages.message import Message
from libs.messages.rollout import (
    RolloutAbandoned,
    RolloutHindered,
    RolloutLanded,
    RolloutReturning,
    RolloutRolledBack,
    RolloutStarted,
)
from libs.messages.run import Place
from libs.messages.subject import Key
from libs.spec.model import Approval, Pause
from services.notifier.facts import Fact
from services.notifier.words import MOST_CHARACTERS, document, sentence, slack

KEY = Key("main", 3, "0b9c1d2e-0000-8000-8000-000000000000")
PLACE = Place("before", 0)


def a_fact(message: Message | None, event: str = "") -> Fact:
    name = event or (message.address.removeprefix("evt.") if message else "")
    data = json.loads(bytes(encode(message))) if message else {}
    return Fact("e1", name, datetime(2026, 1, 2, tzinfo=UTC), KEY, data, message)


def waiting(*roles: str) -> GateStarted:
    return GateStarted(target="prod", place=PLACE, what=Pause(approval=Approval(roles)))


SAID = [
    (DeploymentStarted(application="shop", targets=("a", "b"), by="ann"), "ann started a deployment to a, b"),
    (DeploymentSucceeded(), "the deployment succeeded"),
    (DeploymentFailed(reason="pods crash"), "the deployment failed: pods crash"),
    (DeploymentCancelled(reason="ann aborted"), "the deployment was cancelled: ann aborted"),
    (AbortStarted(by="ann", reason=""), "ann aborts the deployment; its targets go back"),
    (TargetStarted(target="prod"), "prod begins"),
    (TargetEnded(target="prod", phase="rolled_back", reason="no"), "prod ended: rolled back: no"),
    (waiting(), "prod waits for the approval of a person"),
    (waiting("sre", "qa", "Owner"), "prod waits for the approval of somebody with the role sre, qa or Owner"),
    (
        GateAsked(target="prod", place=PLACE, passed=False, reason="errors at 3 %"),
        "an analysis of prod failed: errors at 3 %; a person decides what that means",
    ),
    (GatePassed(target="prod", place=PLACE, by="eve"), "eve lets prod go on"),
    (GateFailed(target="prod", place=PLACE, reason="no", by="eve"), "eve stops prod: no"),
    (RolloutLanded(target="prod"), "prod runs the new version"),
    (RolloutReturning(target="prod", reason="crash"), "prod goes back: crash"),
    (RolloutRolledBack(target="prod", reason="crash"), "prod was rolled back to what was there before: crash"),
    (
        RolloutRolledBack(target="prod", reason="", first=True),
        "prod was rolled back, and its first version taken away again",
    ),
    (RolloutRolledBack(target="prod", reason="", untouched=True), "prod was rolled back before anything was changed"),
    (RolloutHindered(target="prod", reason="1 of 4 ready"), "prod waits: 1 of 4 ready"),
    (RolloutHindered(target="prod", reason=""), "prod goes on"),
    (RolloutAbandoned(target="prod", by="ann", reason="gone"), "ann gave prod up: gone"),
    (RolloutStarted(target="prod"), "rollout started on prod"),
]


@pytest.mark.parametrize(("message", "expected"), SAID)
def test_fact_is_told_in_words(message: Message, expected: str) -> None:
    assert sentence(a_fact(message), "shop") == f"shop: {expected}"


@pytest.mark.parametrize("address", sorted(one for one in MESSAGES if one.startswith("evt.")))
def test_unread_fact_has_general_words(address: str) -> None:
    assert len(sentence(a_fact(None, address.removeprefix("evt.")), "")) > len("A deployment: x")


def test_slack_text_links_and_names_command() -> None:
    text = json.loads(slack(a_fact(DeploymentSucceeded()), "shop", "https://fairlead/d"))["text"]
    assert text == (
        "*shop*: the deployment succeeded (<https://fairlead/d|0b9c1d2e>, "
        "`fairlead deploy status 0b9c1d2e-0000-8000-8000-000000000000`)"
    )


def test_no_reason_mentions_everybody() -> None:
    text = json.loads(slack(a_fact(DeploymentFailed(reason="<!channel> & <http://x|y>")), "<!here>", ""))["text"]
    assert "<" not in text
    assert "&lt;!channel&gt; &amp; " in text


def test_long_reason_is_cut() -> None:
    assert len(sentence(a_fact(DeploymentFailed(reason="x\n" * 10_000)), "a" * 5000)) == MOST_CHARACTERS


def test_document_holds_the_fact() -> None:
    told = json.loads(document(a_fact(TargetStarted(target="prod")), "shop", "https://fairlead/d"))
    assert told == {
        "id": "e1",
        "event": "deployment.target-started",
        "at": "2026-01-02T00:00:00Z",
        "tenant": "main",
        "deployment": KEY.deployment,
        "application": "shop",
        "target": "prod",
        "url": "https://fairlead/d",
        "text": "shop: prod begins",
        "data": {"target": "prod"},
    }
