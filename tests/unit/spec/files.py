"""A small valid deployment file whose parts a test replaces."""

from typing import Any

from libs.spec.manifests import Files, load, select
from libs.spec.model import Spec
from libs.spec.parse import parse
from libs.spec.problems import Problem

TARGETS = "{qa: {account: qa-cluster, namespace: shop, strategy: careful}}"
MANIFESTS = "[{path: k8s/}]"
STRATEGIES = "{careful: {canary: {steps: [{setWeight: 50}]}}}"

TIMES = "interval: 1, units: minutes, numberOfJudgmentRuns: 2"
QUERIES = "analysis: {defaultMetricProviderName: p, queries: [{name: q, queryTemplate: up, upperLimit: 1}]}"


def a_file(targets: str = TARGETS, manifests: str = MANIFESTS, strategies: str = STRATEGIES, more: str = "") -> str:
    """Lines 1 to 4 hold application, targets, manifests and strategies, each in one line; `more` follows."""
    lines = ["application: shop", f"targets: {targets}", f"manifests: {manifests}", f"strategies: {strategies}", more]
    return "\n".join(lines)


def with_steps(*steps: str) -> str:
    """Steps from line 8 on; each begins at column 9."""
    lines = "\n".join(f"      - {step}" for step in steps)
    return a_file(strategies=f"\n  careful:\n    canary:\n      steps:\n{lines}")


def with_pause(pause: str) -> str:
    """The pause begins at line 4, column 49."""
    return a_file(strategies=f"{{careful: {{canary: {{steps: [{{pause: {pause}}}]}}}}}}")


def spec_of(text: str) -> Spec:
    parsed = parse(text)
    assert parsed.spec is not None, parsed.problems
    return parsed.spec


def lines_of(text: str) -> list[str]:
    """`line:column path message` of every problem, warnings marked."""
    return [
        f"{one.line}:{one.column} {one.path} {'warning: ' * (one.severity == 'warning')}{one.message}"
        for one in parse(text).problems
    ]


def asked(keys: str) -> str:
    """The analysis begins at line 8, column 9."""
    return f"{with_steps(f'analysis: {{{keys}}}')}{QUERIES}"


def queried(keys: str) -> str:
    """The query's keys after its name begin at line 9, column 61."""
    step = f"analysis: {{{TIMES}, queries: [q]}}"
    return f"{with_steps(step)}analysis: {{defaultMetricProviderName: p, queries: [{{name: q, {keys}}}]}}"


def called(keys: str) -> str:
    """The webhook's keys after its name begin at line 9, column 22."""
    return f"{with_steps('runWebhook: {name: w}')}webhooks: [{{name: w, {keys}}}]"


def errors_of(text: str) -> list[str]:
    return [line for line in lines_of(text) if "warning: " not in line]


def objects_of(spec: Spec, files: Files, target: str) -> tuple[tuple[dict[str, Any], ...], tuple[Problem, ...]]:
    loaded = load(spec.manifests, files)
    objects, problems = select(spec, loaded, target)
    return objects, loaded.problems + problems
