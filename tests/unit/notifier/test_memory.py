"""A rule hears a reason once, and at the end what became of every target."""

from libs.messages.deployment import (
    DeploymentCancelled,
    DeploymentFailed,
    DeploymentStarted,
    TargetEnded,
    TargetStarted,
)
from libs.messages.message import Message
from libs.messages.rollout import RolloutHindered, RolloutReturning, RolloutRolledBack
from services.notifier.facts import Fact
from services.notifier.memory import Memory
from services.notifier.words import sentence
from tests.unit.notifier.test_words import a_fact

WHY = "not done within 60 s: ImagePullBackOff"
STARTED = DeploymentStarted(application="shop", targets=("prod",), by="ann")
FAILED = DeploymentFailed(reason=f"prod: {WHY}")
BACK = (
    TargetStarted(target="prod"),
    RolloutHindered(target="prod", reason="ImagePullBackOff"),
    RolloutReturning(target="prod", reason=WHY),
    RolloutRolledBack(target="prod", reason=WHY),
    TargetEnded(target="prod", phase="rolled_back", reason=WHY),
    TargetEnded(target="late", phase="cancelled", reason="it depends on prod, which was rolled back"),
    FAILED,
)


def told(*messages: Message, only: type[Message] = Message) -> list[str]:
    """What a rule says that wants `only` these."""
    memory, lines = Memory(), []
    for fact in map(a_fact, messages):
        memory.hear(fact)
        if isinstance(fact.message, only):
            lines.append(sentence(memory.news(fact), "shop").removeprefix("shop: "))
            memory.tell(fact)
        memory.forget(fact)
    return lines


def test_reason_is_told_once() -> None:
    assert told(STARTED, *BACK)[2:] == [
        "prod waits: ImagePullBackOff",
        "prod goes back: not done within 60 s",
        "prod was rolled back to what was there before",
        "prod ended: rolled back",
        "late ended: cancelled: it depends on prod, which was rolled back",
        "the deployment failed: prod was rolled back, late never began",
    ]


def test_rule_for_the_end_hears_the_whole_reason() -> None:
    (line,) = told(STARTED, *BACK, only=DeploymentFailed)
    assert line == f"the deployment failed: prod: {WHY}; prod was rolled back, late never began"


def test_middle_of_a_deployment_says_nothing_of_who_never_began() -> None:
    assert told(*BACK)[-1] == "the deployment failed"
    assert told(FAILED) == [f"the deployment failed: prod: {WHY}"]


def test_reason_that_nobody_got_is_told_again() -> None:
    memory = Memory()
    memory.news(a_fact(RolloutReturning(target="prod", reason=WHY)))
    assert "ImagePullBackOff" in sentence(memory.news(a_fact(FAILED)), "shop")


def test_next_deployment_begins_anew() -> None:
    lines = told(STARTED, *BACK, STARTED, *BACK)
    assert lines[: len(lines) // 2] == lines[len(lines) // 2 :]


def test_document_keeps_the_whole_fact() -> None:
    memory, fact = Memory(), a_fact(DeploymentCancelled(reason="aborted by ann"))
    news: Fact = memory.news(fact)
    assert news.data == fact.data == {"reason": "aborted by ann"}
