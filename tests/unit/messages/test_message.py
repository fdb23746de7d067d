"""Where a machine's message goes."""

from libs.messages.deployment import DeploymentSucceeded, TargetStarted
from libs.messages.message import key_of
from libs.messages.rollout import FinishRollout, RolloutLanded
from tests.builders import a_key


def test_order_goes_to_its_target() -> None:
    assert key_of(FinishRollout(target="prod"), a_key()) == a_key().of_target("prod")


def test_fact_about_a_target_stays_with_it() -> None:
    own = a_key().of_target("prod")
    assert key_of(RolloutLanded(target="prod"), own) == own


def test_fact_about_the_whole_goes_to_the_deployment() -> None:
    own = a_key().of_target("prod")
    assert key_of(DeploymentSucceeded(), own) == a_key()
    assert key_of(TargetStarted(target="prod"), own) == a_key()
