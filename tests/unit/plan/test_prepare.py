"""What was handed in, read, sorted to its targets and checked in one go."""

from libs.plan.prepare import prepare
from libs.spec.given import Given
from tests.unit.spec.files import a_file

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""
SETTINGS = "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}"


def test_objects_are_sorted_and_placed() -> None:
    prepared = prepare(a_file(), {"k8s/": (DEPLOYMENT, SETTINGS)})
    assert prepared.spec is not None
    placed = [(one["kind"], one["metadata"]["namespace"]) for one in prepared.objects["qa"]]
    assert placed == [("Deployment", "shop"), ("ConfigMap", "shop")]


def test_invalid_file_has_no_objects() -> None:
    prepared = prepare("targets: 3", {})
    assert (prepared.spec, prepared.objects) == (None, {})
    assert prepared.problems


def test_missing_manifests_are_an_error() -> None:
    prepared = prepare(a_file(), {})
    assert prepared.spec is None
    assert any("has no text in the request" in problem.text() for problem in prepared.problems)


def test_file_and_manifest_problems_come_together() -> None:
    bad = SETTINGS.replace("kind: ConfigMap, ", "")
    prepared = prepare(a_file(), {"k8s/": (DEPLOYMENT, bad, bad.replace("web", "other"))})
    assert prepared.spec is None
    assert len([problem for problem in prepared.problems if problem.severity == "error"]) >= 2


def test_manifests_are_judged_beside_a_broken_file() -> None:
    config = a_file(manifests="[{path: k8s/}, {inline: '{kind: Pod}'}, {path: gone.yml}]", more="zzz: 1")
    prepared = prepare(config, {"k8s/": ("kind: [\n",)})
    assert {(one.code, one.file) for one in prepared.problems} == {
        ("unknown_key", ""),
        ("syntax", "k8s/"),
        ("missing_key", "manifests[1].inline"),
        ("missing_file", ""),
    }


def test_path_that_may_not_be_named_is_told_once() -> None:
    config = a_file(manifests="[{path: 'https://example.com/a.yml'}]")
    assert [one.code for one in prepare(config, {}).problems] == ["not_built"]


def test_broken_manifest_is_one_problem() -> None:
    errors = [
        problem for problem in prepare(a_file(), {"k8s/": ("kind: [\n",)}).problems if problem.severity == "error"
    ]
    assert [problem.file for problem in errors] == ["k8s/"]


def test_given_application_wins() -> None:
    prepared = prepare(a_file(), {"k8s/": (DEPLOYMENT,)}, given=Given("cart"))
    assert prepared.spec is not None
    assert prepared.spec.application == "cart"


def test_shortest_timeout_is_the_callers() -> None:
    config = a_file(more="deploymentConfig: {timeout: {duration: 5, unit: seconds}}")
    assert prepare(config, {"k8s/": (DEPLOYMENT,)}).spec is None
    accepted = prepare(config, {"k8s/": (DEPLOYMENT,)}, minimum_timeout_seconds=1).spec
    assert accepted is not None
    assert accepted.timeout_seconds == 5
