"""Targets are called what people call them: a whole release, its second version too, under such names."""

import pytest

from libs.workload.kinds.objects import items, table
from tests.integration.crash.plane import meanwhile, planes
from tests.integration.crash.releases import CONFIG, MANIFEST, NEW, OLD, TARGETS, never
from tests.integration.crash.skipping import run

NAMES = ("qa (no approval)", "prod-apac / 50%: canary")
NAMED = (
    CONFIG.replace("  staging: {", f'  "{NAMES[0]}": {{')
    .replace("  prod: {", f'  "{NAMES[1]}": {{')
    .replace("dependsOn: [staging]", f'dependsOn: ["{NAMES[0]}"]')
)


async def named() -> list[str]:
    async with planes() as plane:
        for name in TARGETS:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            await plane.cluster.ask("POST", "/api/v1/namespaces", namespace)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            for name, image in (("d1", OLD), ("d2", NEW)):
                key = await plane.start(name, NAMED, MANIFEST.replace("IMAGE", image))
                await plane.ended(key)
                await plane.settled()
                assert str((await plane.deployment(key)).phase) == "succeeded"
        found = []
        for place in TARGETS:
            for pod in items(await plane.cluster.ask("GET", f"/api/v1/namespaces/{place}/pods"), "items"):
                found.append(table(pod, "metadata", "annotations")["deploy.armory.io/environment"])
        return found


@pytest.mark.feature("F37")
def test_names_as_people_write_them_reach_the_pods() -> None:
    assert run(named()) == [name for name in NAMES for _ in range(2)]
