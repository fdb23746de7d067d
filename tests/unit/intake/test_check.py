"""What is refused when a deployment is to start, and was only warned of while its file was validated."""

import pytest

from libs.api.request import StartRequest
from libs.plan.prepare import prepare
from services.intake.accepting.check import Checked, check
from tests.unit.spec.files import a_file, with_steps

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
