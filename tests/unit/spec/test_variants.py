"""Each variant that real files hold: accepted, with a warning where it should be mended, or refused with a hint."""

import pytest

from libs.spec.model import Analysis, Approval, BlueGreen, Canary, Pause, RunWebhook, ServicePair, SetWeight
from libs.spec.parse import parse
from tests.unit.spec.files import a_file, lines_of, spec_of, with_pause, with_steps

QUERIES = "analysis: {defaultMetricProviderName: p, queries: [{name: q, queryTemplate: up, upperLimit: 1}]}"
WEBHOOKS = "webhooks: [{name: w, uriTemplate: 'https://a.test'}]"
ASKED = Analysis(("q",), 60, 2)
SWAP = "{careful: {blueGreen: {%s}}}"
LEGACY = "activeService: shop, previewService: shop-next"
PREVIEWED = ServicePair("shop", "shop-next")


def first_step(text: str) -> object:
    strategy = spec_of(text).strategies["careful"]
    assert isinstance(strategy, Canary)
    return strategy.steps[0]


def analysed(more: str) -> str:
    step = f"analysis: {{numberOfJudgmentRuns: 2, queries: [q], {more}}}"
    return with_steps(step) + QUERIES


def swapped(swap: str, traffic: str = "[]") -> str:
    return a_file(strategies=SWAP % swap, more=f"trafficManagement: {traffic}")


STEPS = {
    "setWeight as a number": (with_steps("setWeight: 20"), SetWeight(20)),
    "unit for units": (analysed("interval: 1, unit: minutes"), ASKED),
    "upper-case unit": (analysed("interval: 60, units: SECONDS"), ASKED),
    "GROWING": (
        analysed("interval: 1, units: minutes, lookbackMethod: GROWING"),
        Analysis(("q",), 60, 2, lookback="growing"),
    ),
    "MANUAL": (
        analysed("interval: 1, units: minutes, rollBackMode: MANUAL, rollForwardMode: MANUAL"),
        Analysis(("q",), 60, 2, asks_when_failed=True, asks_when_passed=True),
    ),
    "context as a list": (
        analysed("interval: 1, units: minutes, context: [{a: 1}, {b: x}]"),
        Analysis(("q",), 60, 2, context={"a": "1", "b": "x"}),
    ),
    "stray unit in runWebhook": (
        with_steps("runWebhook: {name: w, unit: SECONDS, context: [{a: b}]}") + WEBHOOKS,
        RunWebhook("w", {"a": "b"}),
    ),
    "untilApproved false beside a duration": (
        with_pause("{untilApproved: false, duration: 1, unit: Minutes}"),
        Pause(seconds=60),
    ),
}

WARNED = {
    "approvalDuration": (
        with_pause("{untilApproved: true, approvalDuration: {duration: 1, unit: minutes}}"),
        Pause(approval=Approval(expires_seconds=60)),
        ["is an old spelling"],
    ),
    "requiresRole": (
        with_pause("{untilApproved: true, requiresRole: [sre]}"),
        Pause(approval=Approval(("sre",))),
        ["is an old spelling"],
    ),
    "roles inside approvalExpiration": (
        with_pause("{untilApproved: true, approvalExpiration: {duration: 1, unit: minutes, requiresRoles: [sre]}}"),
        Pause(approval=Approval(("sre",), 60)),
        ["counts for the pause"],
    ),
    "no roles": (
        with_pause("{untilApproved: true, requiresRoles: []}"),
        Pause(approval=Approval()),
        ["is an empty list and counts as left out"],
    ),
    "unknown names in manifests' targets": (
        a_file(manifests="[{path: a}, {path: b, targets: [qa, gone]}]"),
        SetWeight(50),
        ['"gone" is no target and is passed over'],
    ),
    "duplicate webhook": (
        with_steps("runWebhook: {name: w}")
        + "webhooks: [{name: w, uriTemplate: 'https://a.test'}, {name: w, uriTemplate: x}]",
        RunWebhook("w"),
        ['defines "w" again; that at 9:12 counts'],
    ),
    "JSON without a comma": (
        with_steps("runWebhook: {name: w}")
        + """webhooks: [{name: w, uriTemplate: 'https://a', bodyTemplate: {inline: '{"a": 1 "b": {{context.b}}}'}}]""",
        RunWebhook("w"),
        ["looks like JSON, but is none at 1:9 of the text"],
    ),
}

PAIRS = {
    "activeService in the strategy": swapped(LEGACY),
    "mapping for a list": swapped("", f"{{targets: [qa], kubernetes: [{{{LEGACY}}}]}}"),
    "mapping for both lists": swapped("", f"{{kubernetes: {{{LEGACY}}}}}"),
    "two items for one pair": swapped("", "[{kubernetes: [{activeService: shop}, {previewService: shop-next}]}]"),
    "preview first": swapped("", "[{kubernetes: [{previewService: shop-next}, {activeService: shop}]}]"),
}

SILENT = {
    "version apps/v1": "version: apps/v1",
    "version of any form": "version: 2024-01",
    "metadata": "metadata: {labels: {a: b}, name: [x]}",
    "unused webhook": "webhooks: [{name: w, uriTemplate: '{{nobody}}'}]",
    "unused query": "analysis: {queries: [{name: invalidQuery, queryTemplate: 'sum((({{'}]}",
    "kind in another case": "kind: Kubernetes",
}

PASSED_OVER = {
    "webhook": ("webhooks: [{name: w, uri: x}]", ["webhooks[0].uriTemplate", "webhooks[0].uri"]),
    "webhook without a name": ("webhooks: [{uriTemplate: x}]", ["webhooks[0].name"]),
    "query": ("analysis: {queries: [{name: 3, queryTemplate: [x]}]}", ["name", "queryTemplate"]),
}

REFUSED = {
    "list below a strategy": (
        a_file(strategies="\n  careful:\n    - canary: {steps: []}"),
        "6:5 strategies.careful needs a mapping, not a list",
        "remove the '- ' before its keys",
    ),
    "dependsOn beside constraints": (
        a_file(targets="{qa: {account: q, dependsOn: [qb], constraints: {}}, qb: {account: b}}"),
        "2:28 targets.qa.dependsOn is not known here",
        "it belongs under constraints: indent it deeper than constraints",
    ),
    "text of a block at its key": (
        a_file(more='webhooks:\n- name: w\n  bodyTemplate:\n    inline: >-\n    {\n      "a": 1\n    }'),
        "9:5  is not indented, so it is not the text of inline",
        "indent it deeper than inline",
    ),
}


@pytest.mark.parametrize(("text", "step"), STEPS.values(), ids=STEPS)
def test_variant_of_a_step_is_as_good(text: str, step: object) -> None:
    assert (first_step(text), lines_of(text)) == (step, [])


@pytest.mark.feature("F29")
@pytest.mark.parametrize(("text", "step", "warnings"), WARNED.values(), ids=WARNED)
def test_variant_is_taken_with_a_warning(text: str, step: object, warnings: list[str]) -> None:
    problems = parse(text).problems
    assert first_step(text) == step
    assert [(one.severity, one.message) for one in problems] == [("warning", message) for message in warnings]


@pytest.mark.feature("F81", "F85", "F86", "F87")
@pytest.mark.parametrize("text", PAIRS.values(), ids=PAIRS)
def test_pair_of_services_is_found(text: str) -> None:
    spec = spec_of(text)
    strategy = spec.strategies["careful"]
    assert isinstance(strategy, BlueGreen)
    own = (ServicePair(strategy.active_service, strategy.preview_service),) if strategy.active_service else ()
    assert own + tuple(pair for item in spec.traffic for pair in item.kubernetes) == (PREVIEWED,)
    assert lines_of(text) == []


@pytest.mark.parametrize("more", SILENT.values(), ids=SILENT)
def test_harmless_part_is_silent(more: str) -> None:
    assert lines_of(a_file(more=more)) == []


@pytest.mark.parametrize(("more", "paths"), PASSED_OVER.values(), ids=PASSED_OVER)
def test_broken_part_that_nothing_uses_stops_nothing(more: str, paths: list[str]) -> None:
    problems = parse(a_file(more=more)).problems
    assert spec_of(a_file(more=more)).webhooks == {}
    assert [one.severity for one in problems] == ["warning"] * len(paths)
    assert all(one.path.endswith(path) for one, path in zip(problems, paths, strict=True))


def test_broken_strategy_that_nothing_uses_stops_nothing() -> None:
    unused = "broken: {canary: {steps: [{pause: {}}, {runWebhook: {name: nobody}}, {setWeight: 1000}]}}"
    text = a_file(strategies=f"{{careful: {{canary: {{steps: []}}}}, {unused}}}")
    assert set(spec_of(text).strategies) == {"careful"}
    assert {one.severity for one in parse(text).problems} == {"warning"}


def test_shutdown_is_spelled_either_way() -> None:
    text = swapped(f"{LEGACY}, shutdownOldVersionAfter: [{{pause: {{duration: 1, unit: hours}}}}]")
    strategy = spec_of(text).strategies["careful"]
    assert isinstance(strategy, BlueGreen)
    assert strategy.shut_down_after == (Pause(seconds=3600),)
    assert lines_of(text) == []


@pytest.mark.parametrize(("text", "line", "hint"), REFUSED.values(), ids=REFUSED)
def test_variant_is_refused_with_a_hint(text: str, line: str, hint: str) -> None:
    assert (lines_of(text)[0], parse(text).problems[0].hint) == (line, hint)
    assert parse(text).spec is None


@pytest.mark.parametrize(
    "more",
    [
        "kind: lambda",
        "artifacts: []",
        "providerOptions: {}",
        "kind: Lambda\ndeploymentConfig: {keepDeploymentObject: x}",
    ],
)
def test_lambda_is_refused_by_its_line(more: str) -> None:
    (problem,) = parse(a_file(more=more)).problems
    assert (problem.line, problem.code, problem.severity) == (5, "not_built", "error")
