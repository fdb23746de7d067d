"""What holds for every text: it never raises, and what is written out of a spec reads back as that spec."""

import json
from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.spec.model import Spec
from libs.spec.parse import parse
from tests.unit.spec.drawing import specs
from tests.unit.spec.files import a_file, objects_of, with_steps
from tests.unit.spec.worked import WORKED
from tests.unit.spec.writing import as_yaml, written

WHOLE = a_file(
    targets="{a: &a {account: q, constraints: {beforeDeployment: [{pause: {untilApproved: true}}]}}, b: {<<: *a}}",
    manifests="\n- inline: |\n    kind: ConfigMap\n  targets: [a, c]\n- path: x",
    more='context: {a: "b"}\ndeploymentConfig: {timeout: {duration: 2, unit: minutes}}',
)

SYNTAX = st.text(alphabet="{}[]:,-?&*!|>'\"%@`#~<a1 \n\t\0\ud800é", max_size=80)


@settings(deadline=None)
@given(specs(), st.sampled_from([as_yaml, json.dumps]))
def test_written_spec_reads_back(spec: Spec, writing: Callable[[dict[str, Any]], str]) -> None:
    parsed = parse(writing(written(spec)))
    assert [one for one in parsed.problems if one.severity == "error"] == []
    assert parsed.spec is not None
    manifests = tuple(replace(one, line=0, column=0, verbatim=False) for one in parsed.spec.manifests)
    assert replace(parsed.spec, manifests=manifests) == spec


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200) | SYNTAX)
def test_any_content_is_answered(content: str | bytes) -> None:
    parsed = parse(content)
    assert (parsed.spec is None) == any(one.severity == "error" for one in parsed.problems)


@settings(deadline=None)
@given(
    st.sampled_from([WHOLE, WORKED]),
    st.integers(0, 10_000),
    st.sampled_from("{}[]:,-&*!|'\"%#~ \n\t0aé\0"),
    st.booleans(),
)
def test_one_changed_character_is_answered(whole: str, at: int, character: str, inserted: bool) -> None:
    at %= len(whole)
    parsed = parse(whole[:at] + character + whole[at + (not inserted) :])
    assert (parsed.spec is None) == any(one.severity == "error" for one in parsed.problems)
    if parsed.spec is not None:
        objects_of(parsed.spec, {}, next(iter(parsed.spec.targets)))


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "pause",
                        "duration",
                        "unit",
                        "untilApproved",
                        "setWeight",
                        "weight",
                        "steps",
                        "canary",
                        "x",
                        "runWebhook",
                        "name",
                        "context",
                        "analysis",
                        "queries",
                        "interval",
                        "units",
                        "exposeServices",
                        "services",
                        "ttl",
                        "numberOfJudgmentRuns",
                        "lookbackMethod",
                        "requiresRoles",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_any_value_may_stand_as_a_step(value: object) -> None:
    step = yaml.safe_dump(value, default_flow_style=True, width=10**6).split("\n...")[0].strip()
    problems = parse(with_steps(step)).problems
    assert all(one.line >= 1 and one.column >= 1 and one.path for one in problems)


@settings(deadline=None)
@given(st.lists(st.text(max_size=80) | SYNTAX, max_size=3))
def test_any_manifests_are_answered(texts: list[str]) -> None:
    spec = parse(a_file()).spec
    assert spec is not None
    objects, problems = objects_of(spec, {"k8s/": texts}, "qa")
    assert all(one["metadata"]["namespace"] == "shop" for one in objects)
    assert all(one.severity == "error" for one in problems)


SECTIONS = ["webhooks", "analysis", "trafficManagement", "strategies", "targets", "deploymentConfig", "context"]
KEYS = st.sampled_from(
    [
        "name",
        "queries",
        "queryTemplate",
        "upperLimit",
        "uriTemplate",
        "headers",
        "key",
        "value",
        "bodyTemplate",
        "inline",
        "targets",
        "kubernetes",
        "activeService",
        "previewService",
        "smi",
        "istio",
        "virtualService",
        "blueGreen",
        "redirectTrafficAfter",
        "canary",
        "steps",
        "qa",
        "careful",
        "account",
        "strategy",
        "constraints",
        "afterDeployment",
        "ifDeploymentInProgress",
        "timeout",
    ]
)
VALUES = st.sampled_from(["qa", "careful", "{{context.a}}", "{{", "{", "", "12", "POST", "https://a.test"])


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(SECTIONS),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | VALUES,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
            max_leaves=12,
        ),
        min_size=1,
    )
)
def test_any_value_may_stand_as_a_section(sections: dict[str, Any]) -> None:
    base = {"application": "shop", "targets": {"qa": {"account": "a", "strategy": "careful"}}, "manifests": [1]}
    parsed = parse(yaml.safe_dump(base | sections))
    assert parsed.spec is None
    assert all(one.line >= 1 and one.column >= 1 and one.path for one in parsed.problems)
