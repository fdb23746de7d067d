"""What k8s/ asks for, told to a real API server: every field exists, and every object would be taken."""

from pathlib import Path

import pytest
import yaml

from tests.e2e.manifests import OVERLAYS, rendered
from tests.sandbox.process import Kubectl
from tools.kubernetes.cluster import Cluster


@pytest.fixture
def kubectl(cluster: Cluster, tmp_path: Path) -> Kubectl:
    found = Kubectl(tmp_path)
    found.kubeconfig.write_bytes(cluster.kubeconfig.read_bytes())
    return found


@pytest.mark.feature("F13")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlay_is_accepted(kubectl: Kubectl, tmp_path: Path, overlay: str) -> None:
    text = rendered(tmp_path, overlay)
    for namespace in ("fairlead", "fairlead-agent", "shop"):
        kubectl("create", "namespace", namespace)  # another test may have made it
    told = kubectl.output(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-", text=text
    )
    assert len(told.splitlines()) == len([found for found in yaml.safe_load_all(text) if found])
