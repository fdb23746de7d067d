import json
import subprocess

import pytest

from tests.sandbox.process import Kubectl

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "shop/web:1", env: [{name: A, value: "1"}], ports: [{containerPort: 80}]}
"""
WEB_2 = WEB.replace("web:1", "web:2").replace("replicas: 3", "replicas: 2")


class Here:
    """kubectl in the test's own namespace."""

    def __init__(self, kubectl: Kubectl, namespace: str) -> None:
        self._kubectl = kubectl
        self._namespace = namespace

    def run(self, *arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        return self._kubectl(*arguments, "--namespace", self._namespace, text=text)

    def output(self, *arguments: str, text: str = "") -> str:
        return self._kubectl.output(*arguments, "--namespace", self._namespace, text=text)


@pytest.fixture
def here(kubectl: Kubectl, namespace: str) -> Here:
    return Here(kubectl, namespace)


@pytest.fixture
def web(here: Here) -> Here:
    here.output("apply", "-f", "-", text=WEB)
    here.output("rollout", "status", "deployment/web", "--timeout=60s")
    return here


@pytest.mark.feature("F168")
def test_apply_tells_what_it_did(here: Here) -> None:
    told = [here.output("apply", "-f", "-", text=text).strip() for text in (WEB, WEB, WEB_2)]
    assert told == [f"deployment.apps/web {word}" for word in ("created", "unchanged", "configured")]


def test_rollout_reaches_its_end(web: Here) -> None:
    web.output("set", "image", "deployment/web", "web=shop/web:2")
    told = web.output("rollout", "status", "deployment/web", "--timeout=60s")
    assert told.endswith('deployment "web" successfully rolled out\n')
    # Pods that are going are still listed for a moment; the ReplicaSets do not count them any more.
    each = "{range .items[*]}{.spec.template.spec.containers[0].image}={.status.replicas} {end}"
    counted = web.output("get", "replicasets", "-o", f"jsonpath={each}").split()
    assert sorted(counted) == ["shop/web:1=0", "shop/web:2=3"]


def test_history_and_undo(web: Here) -> None:
    web.output("set", "image", "deployment/web", "web=shop/web:2")
    web.output("rollout", "status", "deployment/web", "--timeout=60s")
    web.output("rollout", "undo", "deployment/web")
    revisions = [
        line.split()[0] for line in web.output("rollout", "history", "deployment/web").splitlines()[2:] if line
    ]
    assert revisions == ["2", "3"]
    assert (
        web.output("get", "deployment/web", "-o", "jsonpath={.spec.template.spec.containers[0].image}") == "shop/web:1"
    )


def test_table_shows_readiness(web: Here) -> None:
    head, row = web.output("get", "deployments").splitlines()
    assert head.split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row.split()[:4] == ["web", "3/3", "3", "3"]


def test_wide_pods_show_their_node(web: Here) -> None:
    rows = web.output("get", "pods", "-o", "wide", "--no-headers", "-l", "app=web").splitlines()
    assert [row.split()[1:3] for row in rows] == [["1/1", "Running"]] * 3
    assert all("sandbox-" in row for row in rows)


def test_fields_select(web: Here) -> None:
    assert len(web.output("get", "pods", "--field-selector", "status.phase=Running", "-o", "name").split()) == 3
    assert web.output("get", "pods", "--field-selector", "status.phase=Failed", "-o", "name") == ""


def test_all_forms_of_output(web: Here) -> None:
    assert json.loads(web.output("get", "deployment/web", "-o", "json"))["metadata"]["name"] == "web"
    assert "kind: Deployment" in web.output("get", "deployment/web", "-o", "yaml")
    assert web.output("get", "deployment", "-o", "name") == "deployment.apps/web\n"


def test_watch_shows_changes(web: Here) -> None:
    told = web.output("wait", "--for=jsonpath={.status.readyReplicas}=3", "deployment/web", "--timeout=60s")
    assert told == "deployment.apps/web condition met\n"
    assert "web" in web.run("get", "deployments", "--watch", "--request-timeout=1s").stdout


def test_wait_for_condition(web: Here) -> None:
    assert web.output("wait", "--for=condition=Available", "deployment/web", "--timeout=60s").endswith(
        "condition met\n"
    )


def test_diff_shows_and_says_so(web: Here) -> None:
    done = web.run("diff", "-f", "-", text=WEB_2)
    assert done.returncode == 1
    assert "-        image: shop/web:1" in done.stdout
    assert "+        image: shop/web:2" in done.stdout
    assert web.run("diff", "-f", "-", text=WEB).returncode == 0


@pytest.mark.parametrize(
    ("form", "patch"),
    [
        ("strategic", '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"shop/web:9"}]}}}}'),
        ("merge", '{"metadata":{"labels":{"a":"b"}}}'),
        ("json", '[{"op":"replace","path":"/spec/replicas","value":1}]'),
    ],
)
def test_patch_of_each_form(web: Here, form: str, patch: str) -> None:
    assert web.output("patch", "deployment/web", "--type", form, "-p", patch) == "deployment.apps/web patched\n"


def test_strategic_patch_keeps_other_fields(web: Here) -> None:
    patch = '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"B","value":"2"}]}]}}}}'
    web.output("patch", "deployment/web", "-p", patch)
    told = web.output("get", "deployment/web", "-o", "jsonpath={.spec.template.spec.containers[0].env[*].name}")
    assert told == "B A"  # what a patch adds to a list comes first


def test_failed_test_of_a_patch_is_invalid(web: Here) -> None:
    patch = '[{"op":"test","path":"/spec/replicas","value":7},{"op":"replace","path":"/spec/replicas","value":1}]'
    done = web.run("patch", "deployment/web", "--type=json", "-p", patch)
    assert done.returncode == 1
    assert done.stderr == "The request is invalid: the server rejected our request due to an error in our request\n"


def test_scale_changes_the_size(web: Here) -> None:
    assert web.output("scale", "deployment/web", "--replicas=1") == "deployment.apps/web scaled\n"
    assert web.output("get", "deployment/web", "-o", "jsonpath={.spec.replicas}") == "1"
    assert web.run("scale", "deployment/web", "--current-replicas=5", "--replicas=2").returncode == 1


def test_labels_and_annotations(web: Here) -> None:
    assert web.output("label", "deployment/web", "tier=front") == "deployment.apps/web labeled\n"
    assert web.output("annotate", "deployment/web", "note=x") == "deployment.apps/web annotated\n"
    assert web.output("label", "deployment/web", "tier-") == "deployment.apps/web unlabeled\n"


def test_server_side_conflict_names_owner_and_field(here: Here) -> None:
    here.output("apply", "--server-side", "-f", "-", text=WEB)
    done = here.run("apply", "--server-side", "--field-manager=cd", "-f", "-", text=WEB_2)
    assert done.returncode == 1
    assert 'conflicts with "kubectl":' in done.stderr
    assert "- .spec.replicas" in done.stderr
    forced = here.output("apply", "--server-side", "--field-manager=cd", "--force-conflicts", "-f", "-", text=WEB_2)
    assert forced == "deployment.apps/web serverside-applied\n"


def test_scaled_field_conflicts_with_apply(here: Here) -> None:
    here.output("apply", "--server-side", "-f", "-", text=WEB)
    here.output("scale", "deployment/web", "--replicas=9")
    done = here.run("apply", "--server-side", "-f", "-", text=WEB)
    assert 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' in done.stderr


def test_delete_takes_pods_along(web: Here) -> None:
    assert web.output("delete", "deployment/web").startswith('deployment.apps "web" deleted')
    assert web.run("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=60s").returncode == 0
    assert web.output("get", "pods", "-o", "name") == ""


def test_orphaning_delete_leaves_pods(web: Here) -> None:
    web.output("delete", "deployment/web", "--cascade=orphan")
    assert len(web.output("get", "replicasets,pods", "-o", "name").split()) == 4


def test_foreground_delete_waits_for_dependents(web: Here) -> None:
    web.output("delete", "deployment/web", "--cascade=foreground")
    assert web.output("get", "deployments,replicasets", "-o", "name") == ""


def test_missing_and_existing_objects(web: Here) -> None:
    missing = web.run("get", "deployment/none")
    assert (missing.returncode, missing.stderr) == (
        1,
        'Error from server (NotFound): deployments.apps "none" not found\n',
    )
    again = web.run("create", "-f", "-", text=WEB)
    assert 'deployments.apps "web" already exists' in again.stderr


def test_invalid_object_is_explained(here: Here) -> None:
    done = here.run("apply", "-f", "-", text=WEB.replace("replicas: 3", "replicas: -3"))
    assert done.returncode == 1
    assert "spec.replicas: Invalid value: -3: must be greater than or equal to 0" in done.stderr


def test_described_deployment_names_its_replica_set(web: Here) -> None:
    told = web.output("describe", "deployment/web")
    assert "3 desired | 3 updated | 3 total | 3 available | 0 unavailable" in told
    assert "(3/3 replicas created)" in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "deployment", "api", "--image=shop/api:1", "--replicas=2"),
        ("create", "configmap", "settings", "--from-literal=a=b"),
        ("create", "secret", "generic", "keys", "--from-literal=a=b"),
        ("create", "serviceaccount", "robot"),
        ("create", "service", "clusterip", "api", "--tcp=80:8080"),
        ("create", "job", "once", "--image=shop/once:1"),
        ("run", "lone", "--image=shop/lone:1"),
        ("create", "poddisruptionbudget", "web", "--selector=app=web", "--min-available=1"),
        ("auth", "can-i", "create", "deployments"),
    ],
)
def test_create_from_arguments(here: Here, arguments: tuple[str, ...]) -> None:
    assert here.output(*arguments)


def test_autoscale_makes_an_autoscaler(web: Here) -> None:
    assert web.output("autoscale", "deployment/web", "--min=1", "--max=3")
    assert "Deployment/web" in web.output("get", "hpa")


def test_expose_makes_a_service(web: Here) -> None:
    web.output("expose", "deployment/web", "--port=80")
    assert web.output("get", "service/web", "-o", "jsonpath={.spec.selector.app}") == "web"


def test_logs_answer(web: Here) -> None:
    assert "nothing runs in a sandbox" in web.output("logs", "deployment/web")


def test_server_has_a_version(kubectl: Kubectl) -> None:
    assert "Server Version: v1.36.0-sandbox" in kubectl.output("version")


def test_kinds_have_short_names(kubectl: Kubectl) -> None:
    rows = [line.split() for line in kubectl.output("api-resources", "--no-headers").splitlines()]
    assert ["deployments", "deploy", "apps/v1", "true", "Deployment"] in rows
