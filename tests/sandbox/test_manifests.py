"""What k8s/ asks a cluster for: every field exists, and nothing runs with more rights than it needs."""

from pathlib import Path

import pytest
import yaml

from tests.e2e.manifests import OVERLAYS, rendered
from tests.sandbox.process import Kubectl


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlay_is_accepted_by_server(kubectl: Kubectl, tmp_path: Path, overlay: str) -> None:
    text = rendered(tmp_path, overlay)
    for namespace in ("fairlead", "fairlead-agent", "shop"):
        kubectl("create", "namespace", namespace)
    told = kubectl.output("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", text=text)
    assert len(told.splitlines()) == len([found for found in yaml.safe_load_all(text) if found])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_confined(tmp_path: Path, overlay: str) -> None:
    found = [one for one in yaml.safe_load_all(rendered(tmp_path, overlay)) if one]
    pods = [
        (one["metadata"]["name"], one["spec"]["template"]["spec"]) for one in found if "template" in one.get("spec", {})
    ]
    assert pods
    for name, pod in pods:
        assert pod["automountServiceAccountToken"] is (name == "fairlead-agent"), name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["containers"]:
            confined = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
            assert container["securityContext"] == confined | {"capabilities": {"drop": ["ALL"]}}, name
            assert container["resources"].keys() == {"requests", "limits"}, name


@pytest.mark.feature("F3", "F6", "F18", "F23", "F28")
def test_agent_has_rights_of_its_own(tmp_path: Path) -> None:
    found = [one for one in yaml.safe_load_all(rendered(tmp_path, "agent")) if one]
    kinds = [one["kind"] for one in found]
    assert "CustomResourceDefinition" not in kinds, "nothing is added to a target's API"
    (deployment,) = (one for one in found if one["kind"] == "Deployment")
    assert deployment["spec"]["replicas"] == 2
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
    (whole,) = (one for one in found if one["kind"] == "ClusterRole" and "aggregationRule" in one)
    wanted = whole["aggregationRule"]["clusterRoleSelectors"][0]["matchLabels"].items()
    parts = [one for one in found if one["kind"] == "ClusterRole" and one is not whole]
    assert all(wanted <= part["metadata"]["labels"].items() for part in parts), "a cluster adds rights as these do"
    forbidden = {"*", "roles", "rolebindings", "clusterroles", "clusterrolebindings", "nodes"}
    assert not any(forbidden & {*rule["resources"], *rule["verbs"]} for part in parts for rule in part["rules"])


def test_namespaced_agent_has_no_rights_in_the_cluster(tmp_path: Path) -> None:
    found = [one for one in yaml.safe_load_all(rendered(tmp_path, "overlays/agent-namespaced")) if one]
    assert not {"ClusterRole", "ClusterRoleBinding"} & {one["kind"] for one in found}
    assert {one["metadata"]["namespace"] for one in found if one["kind"] in {"Role", "RoleBinding"}} == {"shop"}


def test_services_are_probed_and_budgeted(tmp_path: Path) -> None:
    found = [one for one in yaml.safe_load_all(rendered(tmp_path, "overlays/production")) if one]
    deployed = {one["metadata"]["name"]: one for one in found if one["kind"] == "Deployment"}
    budgets = {one["metadata"]["name"] for one in found if one["kind"] == "PodDisruptionBudget"}
    assert budgets == {*deployed, "fairlead-nats"}
    for name, one in deployed.items():
        (container,) = one["spec"]["template"]["spec"]["containers"]
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz", name
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz", name
