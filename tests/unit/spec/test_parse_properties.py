"""What holds for every text: it never raises, and what is written out of a spec reads back as that spec."""

import json
from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.spec.manifests import objects_of
from libs.spec.model import Approval, Canary, Manifest, Pause, SetWeight, Spec, Target
from libs.spec.parse import parse
from tests.unit.spec.files import a_file, with_steps

WHOLE = a_file(
    targets="{a: &a {account: q, constraints: {beforeDeployment: [{pause: {untilApproved: true}}]}}, b: {<<: *a}}",
    manifests="\n- inline: |\n    kind: ConfigMap\n  targets: [a, c]\n- path: x",
    more='context: {a: "b"}\ndeploymentConfig: {timeout: {duration: 2, unit: minutes}}',
)

SYNTAX = st.text(alphabet="{}[]:,-?&*!|>'\"%@`#~<a1 \n\t\0\ud800é", max_size=80)
NAMES = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12).filter(
    lambda name: name.strip() and "{" not in name
)
SECONDS = st.integers(1, 8000)
PAUSES = st.one_of(
    st.builds(Pause, seconds=SECONDS),
    st.builds(
        Pause,
        approval=st.builds(
            Approval,
            roles=st.lists(NAMES, max_size=2, unique=True).map(tuple),
            expires_seconds=st.none() | SECONDS,
        ),
    ),
)
STEPS: st.SearchStrategy[SetWeight | Pause] = st.one_of(st.builds(SetWeight, st.integers(0, 100)), PAUSES)


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """Targets depend only on earlier ones, so that no cycle can be drawn."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    strategies = draw(st.dictionaries(NAMES, st.builds(Canary, st.lists(STEPS, max_size=4).map(tuple)), max_size=3))
    targets = {name: draw(_target(names[:index], [*strategies, ""])) for index, name in enumerate(names)}
    return Spec(
        application=draw(NAMES),
        description=draw(NAMES),
        context=draw(st.dictionaries(NAMES, NAMES, max_size=2)),
        timeout_seconds=draw(st.integers(60, 100_000)),
        targets=targets,
        manifests=(Manifest(tuple(names), path="k8s/"), Manifest((names[0],), inline=draw(NAMES))),
        strategies=dict(strategies),
    )


def _target(earlier: list[str], strategies: list[str]) -> st.SearchStrategy[Target]:
    return st.builds(
        Target,
        account=NAMES,
        namespace=st.sampled_from(["", "shop", "a-1"]),
        strategy=st.sampled_from(strategies),
        depends_on=st.lists(st.sampled_from(earlier), unique=True).map(tuple) if earlier else st.just(()),
        before=st.lists(PAUSES, max_size=2).map(tuple),
        after=st.lists(PAUSES, max_size=2).map(tuple),
    )


def written(spec: Spec) -> dict[str, Any]:
    """The file that a person would write for a spec."""
    return {
        "application": spec.application,
        "description": spec.description,
        "context": spec.context,
        "deploymentConfig": {"timeout": _duration(spec.timeout_seconds)},
        "targets": {name: _written_target(target) for name, target in spec.targets.items()},
        "manifests": [
            {"path": "k8s/"},
            {"inline": spec.manifests[1].inline, "targets": list(spec.manifests[1].targets)},
        ],
        "strategies": {
            name: {"canary": {"steps": [_written_step(step) for step in one.steps]}}
            for name, one in spec.strategies.items()
        },
    }


def _written_target(target: Target) -> dict[str, Any]:
    constraints: dict[str, Any] = {
        "beforeDeployment": [_written_step(step) for step in target.before],
        "afterDeployment": [_written_step(step) for step in target.after],
    }
    if target.depends_on:
        constraints["dependsOn"] = list(target.depends_on)
    words = {"account": target.account, "namespace": target.namespace, "strategy": target.strategy}
    return {key: word for key, word in words.items() if word} | {"constraints": constraints}


def _written_step(step: SetWeight | Pause) -> dict[str, Any]:
    if isinstance(step, SetWeight):
        return {"setWeight": step.weight}
    if step.approval is None:
        return {"pause": _duration(step.seconds or 0)}
    pause: dict[str, Any] = {"untilApproved": True}
    if step.approval.roles:
        pause["requiresRoles"] = list(step.approval.roles)
    if step.approval.expires_seconds is not None:
        pause["approvalExpiration"] = _duration(step.approval.expires_seconds)
    return {"pause": pause}


def _duration(seconds: int) -> dict[str, Any]:
    return {"duration": seconds, "unit": "seconds"}


class _Quoted(yaml.SafeDumper):
    """Texts in quotes: PyYAML leaves out those that only its own, older rules can do without."""


_Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def as_yaml(file: dict[str, Any]) -> str:
    return yaml.dump(file, Dumper=_Quoted, allow_unicode=True, sort_keys=False)


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
@given(st.integers(0, len(WHOLE) - 1), st.sampled_from("{}[]:,-&*!|'\"%#~ \n\t0aé\0"), st.booleans())
def test_one_changed_character_is_answered(at: int, character: str, inserted: bool) -> None:
    parsed = parse(WHOLE[:at] + character + WHOLE[at + (not inserted) :])
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
                    ["pause", "duration", "unit", "untilApproved", "setWeight", "weight", "steps", "canary", "x"]
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
