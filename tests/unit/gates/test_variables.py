import pytest

from libs.gates.variables import variables
from libs.messages.run import Subject
from libs.plan.model import Definitions

SUBJECT = Subject("shop", "prod", "prod-eu", "shop-ns", ("web-6d5f", "api-77aa"), {"owner": "gate"})


@pytest.mark.feature("F50", "F51", "F118", "F135")
def test_every_name_has_its_value() -> None:
    definitions = Definitions(context={"owner": "file", "team": "blue"})
    assert variables(SUBJECT, definitions, "d1") == {
        "armory.applicationName": "shop",
        "armory.environmentName": "prod",
        "armory.accountName": "prod-eu",
        "armory.namespace": "shop-ns",
        "armory.replicaSetName": "web-6d5f",
        "armory.deploymentId": "d1",
        "context.owner": "gate",
        "context.team": "blue",
    }


@pytest.mark.feature("F51")
def test_version_is_empty_before_the_deployment() -> None:
    before = Subject("shop", "prod", "prod-eu", "")
    assert variables(before, Definitions(), "d1")["armory.replicaSetName"] == ""


def test_context_cannot_pass_for_the_system() -> None:
    named = Subject("shop", "prod", "prod-eu", "", context={"armory.namespace": "kube-system"})
    assert variables(named, Definitions(), "d1")["armory.namespace"] == ""
