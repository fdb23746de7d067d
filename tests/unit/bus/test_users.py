"""Who may say what inside NATS: everything that is declared has somebody to say it, and nobody says what is not his."""

import pytest

from libs.bus.filter import matches_any
from libs.messages.codec import MESSAGES
from libs.messages.subject import Key, message_subject, state_subject
from tools.natsusers import USERS

KEY = Key("main", 3, "d").of_target("prod")
SAID = sorted(address for address in MESSAGES if address.partition(".")[0] in {"cmd", "evt"})


def speakers(subject: str) -> set[str]:
    return {name for name, user in USERS.items() if matches_any(user.publish, subject)}


@pytest.mark.parametrize("address", SAID)
def test_declared_message_has_a_speaker(address: str) -> None:
    assert speakers(message_subject(address, KEY))


@pytest.mark.parametrize(
    ("noun", "owners"),
    [
        ("deployment", {"planner"}),
        ("rollout", {"executor"}),
        ("webhook", {"webhooks"}),
        ("analysis", {"evaluator"}),
        ("submission", {"intake"}),
        ("lock", {"intake", "planner"}),
    ],
)
def test_record_has_its_owner_alone(noun: str, owners: set[str]) -> None:
    assert speakers(state_subject(noun, KEY)) == owners


@pytest.mark.parametrize("user", ["gateway", "notifier", "identity"])
def test_outsider_gives_no_order_and_arms_no_timer(user: str) -> None:
    for subject in ("cmd.main.deployment.start.3.d.-", "timer.main.rollout.check.3.d.t.1", "state.main.rollout.3.d.t"):
        assert user not in speakers(subject)


def test_only_the_bootstrap_makes_streams() -> None:
    for verb in ("STREAM.CREATE.FAIRLEAD", "STREAM.UPDATE.FAIRLEAD", "STREAM.DELETE.FAIRLEAD", "STREAM.PURGE.FAIRLEAD"):
        assert speakers(f"$JS.API.{verb}") == {"bootstrap"}
