from typing import Any

import pytest

from libs.spec.manifests import check_manifests, load, select
from libs.spec.model import Manifest, Spec
from libs.spec.parse import parse
from tests.unit.spec.files import a_file, objects_of

CONFIG_MAP = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
DEPLOYMENT = (
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: {app: web}},"
    " template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}}"
)


def a_spec(targets: str = "{qa: {account: q, namespace: shop}}", manifests: str = "[{path: k8s/}]") -> Spec:
    spec = parse(a_file(targets=targets, manifests=manifests)).spec
    assert spec is not None
    return spec


def objects(text: str, targets: str = "{qa: {account: q, namespace: shop}}") -> tuple[dict[str, Any], ...]:
    found, problems = objects_of(a_spec(targets), {"k8s/": [text]}, "qa")
    assert problems == ()
    return found


def lines(*texts: str) -> list[str]:
    return [one.text("deploy.yml") for one in objects_of(a_spec(), {"k8s/": texts}, "qa")[1]]


def names(found: tuple[dict[str, Any], ...]) -> list[str]:
    return [f"{one['kind']}/{one['metadata']['name']}" for one in found]


def namespaces(found: tuple[dict[str, Any], ...]) -> list[str | None]:
    return [one["metadata"].get("namespace") for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "1:1: is not a mapping, so no Kubernetes object (write apiVersion, kind, metadata)"),
        ("- a", "1:1: is not a mapping, so no Kubernetes object (write apiVersion, kind, metadata)"),
        ("{kind: A, metadata: {name: a}}", "1:1: apiVersion: is missing (add it: v1, apps/v1, or"),
        ("{kind: ConfigMap, metadata: {name: a}}", "1:1: apiVersion: is missing (add it: v1)"),
        ("{kind: Deployment, metadata: {name: a}}", "1:1: apiVersion: is missing (add it: apps/v1)"),
        ("{apiVersion: v1, metadata: {name: a}}", "1:1: kind: is missing (add it: Deployment)"),
        ("{apiVersion: v1, kind: A}", "1:1: metadata.name: is missing (add it: a name)"),
        ("{apiVersion: v1, kind: A, metadata: []}", "1:37: metadata.name: is missing (add it: a name)"),
        (
            "{apiVersion: v1, kind: A, metadata: {generateName: a-}}",
            "1:37: metadata.name: is missing (write it instead of generateName, to be found again)",
        ),
        ("{apiVersion: 1, kind: A, metadata: {name: a}}", '1:14: apiVersion: needs apps/v1, not "1"'),
        ("{apiVersion: v1, kind: A/b, metadata: {name: a}}", '1:24: kind: needs Deployment, not "A/b"'),
        ("{apiVersion: v1, kind: A, metadata: {name: ..}}", '1:44: metadata.name: needs a name, not ".."'),
        ("{apiVersion: v1, kind: A, metadata: {name: a/b}}", '1:44: metadata.name: needs a name, not "a/b"'),
        ("{apiVersion: v1, kind: A, metadata: {name: y}}", '1:44: metadata.name: needs a name, not "True"'),
        (
            "{apiVersion: v1, kind: A, metadata: {name: a, namespace: n}}",
            '1:58: metadata.namespace: "False" is no namespace',
        ),
        (
            "{apiVersion: v1, kind: Pod, metadata: {name: a}}",
            "1:24: kind: Pod cannot be deployed by itself (deploy a Deployment, which keeps its pods alive)",
        ),
        (
            "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: a}}",
            "1:29: kind: ReplicaSet cannot be deployed by itself (deploy a Deployment, whose",
        ),
        (
            f"{CONFIG_MAP[:-1]}, data: {{}}, data: {{}}}}",
            "1:66: data: is written twice, first at 1:56 (remove one of the two)",
        ),
        (
            f"{CONFIG_MAP[:-1]}, on: 1, 'true': 2}}",
            "1:63: true: is written twice, first at 1:56 (remove one of the two)",
        ),
        (f"{CONFIG_MAP[:-1]}, data: .nan}}", "1:62: data: is .nan, which JSON cannot hold (quote a text)"),
        (f"{CONFIG_MAP[:-1]}, ~: 1}}", "1:56: has a key that is not text (put the key in quotes)"),
        ("a: [", "2:1: has no value where one must be (check brackets, commas and indentation)"),
        (f"{{kind: List, items: [3, {CONFIG_MAP}]}}", "1:22: items[0]: is not a mapping, so no Kubernetes object"),
    ],
)
def test_wrong_objects_are_named(text: str, expected: str) -> None:
    assert [line[: len("k8s/:") + len(expected)] for line in lines(text)] == [f"k8s/:{expected}"]


def test_several_texts_of_a_path_are_numbered() -> None:
    assert lines(CONFIG_MAP, "3")[0].startswith("k8s/ (2):1:1: ")


def test_known_file_names_are_used() -> None:
    loaded = load(a_spec().manifests, {"k8s/": ["3"]}, names={"k8s/": ["k8s/web.yml"]})
    assert loaded.problems[0].file == "k8s/web.yml"


@pytest.mark.feature("F43")
def test_documents_and_lists_are_opened() -> None:
    inner = f"{{kind: List, items: [{DEPLOYMENT}]}}"
    text = f"# none\n---\n{CONFIG_MAP}\n---\n---\nkind: List\napiVersion: v1\nitems:\n- {inner}\n"
    assert names(objects(text)) == ["ConfigMap/a", "Deployment/web"]


def test_values_read_as_kubectl_reads_them() -> None:
    text = CONFIG_MAP[:-1] + ", spec: {on: 012, at: 12:30:45, day: 2024-01-01, no: [yes, 'yes', 3.0], 1: 2}}"
    assert objects(text)[0]["spec"] == {
        "true": 10,
        "at": "12:30:45",
        "day": "2024-01-01",
        "false": [True, "yes", 3],
        "1": 2,
    }


def test_anchors_and_merge_keys_are_written_out() -> None:
    text = CONFIG_MAP[:-1] + ", a: &a {x: 1, z: 2}, b: {<<: *a, z: 3}}"
    assert objects(text)[0]["b"] == {"x": 1, "z": 3}


@pytest.mark.feature("F47")
def test_namespace_of_the_target_wins() -> None:
    text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: own}}"
    assert namespaces(objects(text)) == ["shop"]


@pytest.mark.feature("F47")
def test_namespace_falls_back() -> None:
    text = f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: b, namespace: own}}}}\n---\n{CONFIG_MAP}"
    assert namespaces(objects(text, "{qa: {account: q}}")) == ["own", "default"]


def test_cluster_scoped_kinds_have_no_namespace() -> None:
    text = """
{apiVersion: v1, kind: Namespace, metadata: {name: a, namespace: b}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: planets.example.test}
spec: {group: example.test, scope: Cluster, names: {kind: Planet}}
---
{apiVersion: example.test/v1, kind: Planet, metadata: {name: a}}
---
{apiVersion: other.test/v1, kind: Planet, metadata: {name: a}}
"""
    assert namespaces(objects(text)) == [None, None, None, None, "shop"]


def test_same_object_twice_is_an_error() -> None:
    scaler = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}}"
    older = scaler.replace("v2", "v1").replace("web", "web, namespace: other")
    assert lines(scaler, f"---\n{older}") == [
        'k8s/ (2):2:1: HorizontalPodAutoscaler "web": is there twice for target "qa",'
        " first at k8s/ (1):1:1 (remove one of the two)"
    ]


def test_kinds_of_other_groups_are_others() -> None:
    knative = "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: a}}"
    assert len(objects(f"{{apiVersion: v1, kind: Service, metadata: {{name: a}}}}\n---\n{knative}")) == 2


@pytest.mark.feature("F46")
def test_manifests_go_to_their_targets() -> None:
    spec = a_spec("{qa: {account: q}, qb: {account: r}}", "[{path: a}, {path: b, targets: [qb]}, {path: a}]")
    loaded = load(spec.manifests, {"a": [""], "b": [CONFIG_MAP]})
    assert [len(select(spec, loaded, target)[0]) for target in ("qa", "qb")] == [0, 1]


def test_path_without_text_is_an_error() -> None:
    assert [one.text("deploy.yml") for one in objects_of(a_spec(), {}, "qa")[1]] == [
        "deploy.yml:3:20: manifests[0].path: has no text in the request (send it under files)"
    ]


@pytest.mark.feature("F45")
def test_inline_block_is_placed_in_the_file() -> None:
    spec = a_spec(manifests="\n  - inline: |\n\n      apiVersion: v1\n      kind: Pod\n      metadata: {name: a}")
    (problem,) = objects_of(spec, {}, "qa")[1]
    assert problem.text("deploy.yml").startswith("deploy.yml:7:13: manifests[0].inline.kind: Pod cannot")


def test_quoted_inline_text_has_its_own_lines() -> None:
    spec = a_spec(manifests='[{inline: "apiVersion: v1\\nkind: Pod\\nmetadata: {name: a}"}]')
    (problem,) = objects_of(spec, {}, "qa")[1]
    assert problem.text("deploy.yml").startswith("manifests[0].inline:2:7: kind: Pod cannot")


def test_deployment_needs_a_strategy() -> None:
    parsed = parse(a_file(targets="{qa: {account: q}, qb: {account: q, namespace: b, strategy: careful}}"))
    assert parsed.spec is not None
    documents = {name: objects(DEPLOYMENT) for name in parsed.spec.targets}
    assert [one.text("deploy.yml") for one in check_manifests(parsed.spec, documents, parsed.places)] == [
        'deploy.yml:2:15: targets.qa.strategy: is missing: Deployment "web" goes to it (name a strategy)'
    ]


def test_target_without_objects_is_an_error() -> None:
    assert [one.code for one in check_manifests(a_spec(), {"qa": ()})] == ["no_manifests"]


def test_ten_mebibytes_are_the_limit_of_a_request() -> None:
    text = "# " + "x" * (6 * 2**20)
    assert [one.code for one in objects_of(a_spec(), {"k8s/": [text, text]}, "qa")[1]] == ["too_large"]


def test_expansion_is_limited_over_all_texts() -> None:
    bomb = f"a: &a [{'1,' * 3000}]\nb: [{', '.join(['*a'] * 60)}]"
    codes = [one.code for one in objects_of(a_spec(), {"k8s/": [bomb] * 50}, "qa")[1]]
    assert codes.count("too_many_nodes") == 49


def test_many_problems_are_cut() -> None:
    assert len(lines(*["3"] * 500)) == 100


def test_thousand_objects_are_the_limit_of_a_target() -> None:
    spec = a_spec(manifests="[{path: k8s/}]")
    text = "\n".join(f"- {CONFIG_MAP.replace('name: a', f'name: a{number}')}" for number in range(1001))
    assert [one.code for one in objects_of(spec, {"k8s/": [f"kind: List\nitems:\n{text}"]}, "qa")[1]] == ["too_many"]


@pytest.mark.feature("F45")
def test_hand_built_spec_needs_no_places() -> None:
    spec = Spec(
        application="a", targets=a_spec().targets, manifests=(Manifest(("qa",), inline=CONFIG_MAP),), strategies={}
    )
    assert names(objects_of(spec, {}, "qa")[0]) == ["ConfigMap/a"]
