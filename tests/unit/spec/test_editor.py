from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from libs.spec.editor import json_schema
from libs.spec.parse import LIMITS, parse
from libs.spec.tree.document import read
from libs.spec.tree.nodes import Mapping, Node, Scalar, Sequence
from libs.spec.tree.scalars import strict_value
from tests.unit.spec.files import a_file, with_pause, with_steps
from tests.unit.spec.worked import WORKED

SCHEMA = jsonschema_rs.validator_for(json_schema())


def plain(node: Node) -> object:
    match node:
        case Scalar():
            return strict_value(node)
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key.text: plain(value) for key, value in node.entries if isinstance(key, Scalar)}


def is_taken(text: str) -> bool:
    return SCHEMA.is_valid(plain(read(text, LIMITS).documents[0]))


@pytest.mark.parametrize(
    "text",
    [
        WORKED,
        a_file(),
        a_file(more="trafficManagement: {targets: qa, smi: {rootServiceName: shop}}"),
        a_file(strategies="{careful: {blueGreen: {activeService: shop, shutdownOldVersionAfter: []}}}"),
        a_file(more="metadata: {a: 1}\nversion: 1.10\nkind: Kubernetes\ncontext: {a: 1, b: true}"),
        a_file(more="deploymentConfig: {timeout: {duration: 2, unit: Hours}, keepDeploymentObject: false}"),
        with_pause("{untilApproved: true, requiresRole: a, approvalDuration: {duration: 1, unit: hours}}"),
        with_steps("setWeight: 20", "setWeight: {weight: 20}", "pause: {duration: 1, unit: seconds}"),
    ],
)
def test_editor_takes_what_parse_takes(text: str) -> None:
    assert parse(text).spec is not None
    assert is_taken(text)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        a_file(more="trafficManagement: [{gatewayApi: []}]"),
        a_file(more="unknown: 1"),
        a_file(targets="{}"),
        a_file(targets="{qa: {account: q, namespace: Shop}}"),
        a_file(manifests="[{path: a, targets: []}]"),
        a_file(strategies="{careful: {canary: {steps: []}, blueGreen: {}}}"),
        a_file(more="deploymentConfig: {keepDeploymentObject: maybe}"),
        a_file(more="deploymentConfig: {ifDeploymentInProgress: {strategy: replace}}"),
        with_steps("setWeight: 101"),
        with_steps("setWeight: {weight: 10, more: 1}"),
        with_steps("{pause: {duration: 1, unit: hours}, setWeight: 1}"),
        with_pause("{duration: 1, unit: fortnights}"),
        with_steps("analysis: {interval: 1, numberOfJudgmentRuns: 1, queries: [q]}"),
        with_steps("exposeServices: {services: []}"),
        with_steps("runWebhook: {context: {}}"),
        a_file(strategies="{careful: {blueGreen: {redirectTrafficAfter: [{setWeight: 1}]}}}"),
    ],
)
def test_editor_underlines_what_parse_refuses(text: str) -> None:
    assert parse(text).spec is None
    assert not is_taken(text)


def test_every_key_that_is_taken_is_described() -> None:
    missing = [key for key, schema in _properties(json_schema()) if "description" not in schema]
    assert missing == []


def _properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Ignored keys, which have an empty schema, are not worth a word."""
    for key, inner in schema.get("properties", {}).items():
        if inner:
            yield key, inner
    for inner in _inside(schema):
        yield from _properties(inner)


def _inside(schema: object) -> Iterator[dict[str, Any]]:
    values = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for value in values:
        if isinstance(value, dict):
            yield value
        elif isinstance(value, list):
            yield from _inside(value)
