"""What is refused when a deployment is to start, and was only warned of while its file was validated."""

import pytest

from libs.api.request import StartRequest
from libs.plan.prepare import prepare
from services.intake.accepting.check import Checked, check, check_agents
from tests.unit.spec.files import a_file, spec_of, with_steps

MANIFEST = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
EXPOSED = with_steps("exposeServices: {services: [shop]}")
TARGETS = """{
  qa: {account: q, strategy: careful},
  prod: {account: p, strategy: plain, constraints: {dependsOn: [qa]}}}"""
STRATEGIES = "{careful: {canary: {steps: [{setWeight: 50}]}}, plain: {canary: {steps: []}}}"
SPLIT = "trafficManagement: [{targets: [qa], smi: [{rootServiceName: shop}]}]"
TWO = a_file(targets=TARGETS, strategies=STRATEGIES, more=SPLIT)


def checked(config: str, *targets: str) -> Checked:
    return check(StartRequest(config=config, files={"k8s/": (MANIFEST,)}, targets=targets), 60)


@pytest.mark.parametrize(("config", "line"), [(EXPOSED, 8), (TWO, 7)])
def test_what_does_not_run_is_refused(config: str, line: int) -> None:
    result = checked(config)
    assert result.spec is None
    assert [(one.line, one.severity, one.code) for one in result.problems] == [(line, "error", "not_built")]


@pytest.mark.parametrize("config", [EXPOSED, TWO])
def test_what_does_not_run_validates(config: str) -> None:
    prepared = prepare(config, {"k8s/": (MANIFEST,)})
    assert prepared.spec is not None
    assert [(one.severity, one.code) for one in prepared.problems] == [("warning", "not_built")]


@pytest.mark.feature("F158")
def test_target_left_out_is_no_longer_waited_for() -> None:
    result = checked(TWO, "prod")
    assert result.spec is not None
    left = [one for one in result.problems if one.code == "left_out"]
    assert [(one.severity, one.path) for one in left] == [("warning", "targets.prod.constraints.dependsOn")]


@pytest.mark.feature("F158")
def test_unknown_target_is_refused() -> None:
    result = checked(a_file(), "prd")
    assert result.spec is None
    assert [one.code for one in result.problems] == ["unknown_name"]


CALLED = a_file(
    targets="{qa: {account: q, constraints: {afterDeployment: [{runWebhook: {name: w}}]}}, prod: {account: p}}",
    more="webhooks: [{name: w, uriTemplate: 'https://a.test', networkMode: remoteNetworkAgent, agentIdentifier: tols}]",
)
ACCOUNT, CALLER = (2, "targets.qa.account"), (5, "webhooks[0].agentIdentifier")


@pytest.mark.feature("F2", "F111")
@pytest.mark.parametrize(
    ("registered", "targets", "unknown"),
    [
        ({"q", "p", "tols"}, (), []),
        ({"p", "tols"}, (), [ACCOUNT]),
        ({"q", "p", "tools"}, (), [CALLER]),
        ({"p"}, (), [ACCOUNT, CALLER]),
        ({"p"}, ("prod",), []),
    ],
)
def test_agent_that_never_was_is_refused(
    registered: set[str], targets: tuple[str, ...], unknown: list[tuple[int, str]]
) -> None:
    request = StartRequest(config=CALLED, targets=targets)
    found = check_agents(request, spec_of(CALLED), registered)
    assert [(one.line, one.path) for one in found] == unknown
    assert all("registered agents: p" in one.hint for one in found if "q" not in registered)


def test_agent_of_a_webhook_is_suggested() -> None:
    (problem,) = check_agents(StartRequest(config=CALLED), spec_of(CALLED), {"q", "p", "tools"})
    assert (
        problem.message
        == 'no agent is registered as "tols", which calls "w" for targets.qa.constraints.afterDeployment[0]'
    )
    assert problem.hint.startswith("did you mean tools?")
