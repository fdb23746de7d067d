"""Which metric providers a file may name when a deployment starts."""

import pytest

from libs.api.request import StartRequest
from libs.config.model import MetricProvider
from libs.plan.prepare import prepare
from libs.spec.problems import Problem
from services.intake.accepting.providers import measures, missing_providers

FILE = """\
version: v1
kind: kubernetes
application: shop
targets:
  qa: {account: q, namespace: n, strategy: plain}
  prod:
    account: p
    namespace: n
    strategy: careful
    constraints:
      afterDeployment:
        - analysis: {interval: 1, units: minutes, numberOfJudgmentRuns: 2, queries: [own]}
manifests: [{path: web.yaml}]
strategies:
  plain: {canary: {steps: [{setWeight: 50}]}}
  careful:
    canary:
      steps:
        - analysis:
            metricProviderName: gates
            interval: 1
            units: minutes
            numberOfJudgmentRuns: 2
            queries: [own, plain]
        - analysis: {interval: 1, units: minutes, numberOfJudgmentRuns: 2, queries: [plain]}
analysis:
  defaultMetricProviderName: files
  queries:
    - {name: plain, queryTemplate: "1", upperLimit: 1}
    - {name: own, queryTemplate: "1", upperLimit: 1, metricProviderName: queries}
"""
MANIFEST = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"


def found(*providers: MetricProvider, targets: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    request = StartRequest(config=FILE, files={"web.yaml": (MANIFEST,)}, targets=targets)
    spec = prepare(request.config, request.files).spec
    assert spec is not None
    assert measures(request, spec) == ("prod" in (targets or ("prod",)))
    return missing_providers(request, spec, {one.name: one for one in providers})


def prometheus(name: str) -> MetricProvider:
    return MetricProvider(name, "prometheus", "http://metrics.test")


@pytest.mark.feature("F123", "F127")
def test_configured_providers_are_taken() -> None:
    assert found(prometheus("gates"), prometheus("queries"), prometheus("files")) == ()


@pytest.mark.feature("F127")
def test_unknown_provider_is_refused_where_it_is_named() -> None:
    assert [(one.line, one.column, one.path, one.code) for one in found()] == [
        (20, 33, "strategies.careful.canary.steps[0].analysis.metricProviderName", "unknown_provider"),
        (27, 30, "analysis.defaultMetricProviderName", "unknown_provider"),
        (30, 74, "analysis.queries[1].metricProviderName", "unknown_provider"),
    ]


def test_close_name_is_offered() -> None:
    *_, last = found(prometheus("gates"), prometheus("queries"), prometheus("file"))
    assert last.message == 'no metric provider is configured as "files"'
    assert last.hint == "did you mean file? configured metric providers: file, gates, queries"


def test_type_that_cannot_be_asked_is_refused_by_name() -> None:
    datadog = MetricProvider("files", "datadog", "https://api.datadoghq.test")
    (one,) = found(prometheus("gates"), prometheus("queries"), datadog)
    assert (one.code, one.message) == (
        "not_built",
        '"files" is a datadog provider, which this release cannot ask',
    )


def test_target_that_is_not_asked_for_needs_none() -> None:
    assert found(targets=("qa",)) == ()
