import jsonschema_rs
import pytest

from libs.spec.editor import json_schema
from libs.spec.parse import LIMITS, parse
from libs.spec.tree.document import read
from libs.spec.tree.nodes import Mapping, Node, Scalar, Sequence
from libs.spec.tree.scalars import strict_value
from tests.unit.spec.files import a_file, with_pause, with_steps

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
        a_file(),
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
    ],
)
def test_editor_underlines_what_parse_refuses(text: str) -> None:
    assert parse(text).spec is None
    assert not is_taken(text)
