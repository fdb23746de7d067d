"""A Deployment that is kept takes the new version in without rolling it, and the next release takes it over."""

import pytest

from libs.workload.kinds.objects import items, number, text
from tests.integration.crash.plane import meanwhile, planes
from tests.integration.crash.releases import CONFIG, MANIFEST, NEW, OLD, TARGETS, never
from tests.integration.crash.skipping import run

KEEPING = CONFIG.replace("deploymentConfig: {", "deploymentConfig: {keepDeploymentObject: true, ")


async def keeping() -> None:
    async with planes() as plane:
        for name in TARGETS:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            await plane.cluster.ask("POST", "/api/v1/namespaces", namespace)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            for name, image in (("d1", OLD), ("d2", NEW)):
                plane.cluster.forget()
                key = await plane.start(name, KEEPING, MANIFEST.replace("IMAGE", image))
                await plane.ended(key)
                await plane.settled()
                assert str((await plane.deployment(key)).phase) == "succeeded"
                made = [size for size in plane.cluster.sizes if (size.place, size.image) == (TARGETS[0], image)]
                assert [size.replicas for size in made] == ([2] if image == OLD else [1, 2])
        base = f"/apis/apps/v1/namespaces/{TARGETS[0]}"
        live = await plane.cluster.ask("GET", f"{base}/deployments/web")
        owned = items(await plane.cluster.ask("GET", f"{base}/replicasets"), "items")
        uids = [text(owner, "uid") for one in owned for owner in items(one, "metadata", "ownerReferences")]
        assert uids == [text(live, "metadata", "uid")]
        assert (len(owned), number(live, "status", "availableReplicas")) == (1, 2)


@pytest.mark.feature("F34")
def test_kept_deployment_rolls_nothing() -> None:
    run(keeping())
