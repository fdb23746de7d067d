"""The demonstration on a cluster that somebody lends: a real one this time."""

import asyncio
from pathlib import Path

import pytest

from cli.demo.place import NAMESPACES
from tests.e2e.test_demo import played
from tools.kubernetes.audit import AuditLog
from tools.kubernetes.cluster import Cluster


@pytest.mark.timeout(300)
@pytest.mark.feature("F2", "F27")
async def test_real_cluster_is_left_as_it_was(cluster: Cluster, tmp_path: Path) -> None:
    before, audit = await namespaces(cluster), AuditLog(cluster.audit_log)
    done = await asyncio.to_thread(played, tmp_path, "--kubeconfig", str(cluster.kubeconfig), "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything was as told" in done.stdout
    assert await namespaces(cluster) == before
    written = [one for one in audit.requests("admin") if one.is_write and one.namespace not in NAMESPACES.values()]
    assert {one.resource for one in written} <= {"namespaces", "selfsubjectaccessreviews"}, written


async def namespaces(cluster: Cluster) -> set[str]:
    """Those that are not being deleted: an earlier test's may still be going."""
    found = (await cluster.api.ask("GET", "/api/v1/namespaces"))["items"]
    return {one["metadata"]["name"] for one in found if one["status"]["phase"] == "Active"}
