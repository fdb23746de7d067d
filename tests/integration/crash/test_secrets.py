"""Secrets that a rollout replaces are put back by its return, and no value was ever read out of the cluster."""

from typing import Any

import pytest

from libs.workload.kinds.objects import Object, items, table, text
from tests.crash import Fuse
from tests.integration.crash.plane import NEVER, Plane, at_every_call, meanwhile, planes, twice
from tests.integration.crash.releases import MANIFEST, MISSING, OLD, TARGETS, never
from tests.integration.crash.skipping import run

CONFIG = """
application: shop
deploymentConfig: {timeout: {duration: 60, unit: seconds}}
targets: {staging: {account: eu, namespace: staging, strategy: half}}
manifests: [{path: web.yaml}]
strategies: {half: {canary: {steps: [{setWeight: 50}]}}}
"""
FIRST, SECOND = "c2VjcmV0LTE=", "c2VjcmV0LTI="
PLACE = f"/api/v1/namespaces/{TARGETS[0]}/secrets"
EVERY = 9


def secret(name: str, **values: str) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": values}


def manifest(name: str, **values: str) -> str:
    pairs = ", ".join(f"{key}: {value}" for key, value in values.items())
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ndata: {{{pairs}}}"


async def released(plane: Plane, fuse: Fuse) -> Any:
    """Twice: the first release stays, the second goes back; what the Secrets hold then."""
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TARGETS[0]}}
    await plane.cluster.ask("POST", "/api/v1/namespaces", space)
    await plane.cluster.ask("POST", PLACE, secret("theirs", kept=FIRST))
    async with meanwhile(plane.planner(never()), plane.executor(never())):
        ours = manifest("ours", password=FIRST, old=FIRST)
        await plane.ended(await plane.start("d1", CONFIG, MANIFEST.replace("IMAGE", OLD), ours))
    async with meanwhile(plane.planner(never()), twice(plane.executor, fuse)):
        ours, theirs = manifest("ours", password=SECOND), manifest("theirs", added=SECOND)
        key = await plane.start("d2", CONFIG, MANIFEST.replace("IMAGE", MISSING), ours, theirs)
        await plane.until(key, TARGETS[0], lambda rollout: str(rollout.phase) == "returning")
        await plane.ended(key)
        await plane.settled()
    assert str((await plane.deployment(key)).phase) == "failed"
    listed = items(await plane.cluster.ask("GET", PLACE), "items")
    return {text(one, "metadata", "name"): table(one, "data") for one in listed}


async def returned(fuse: Fuse) -> None:
    async with planes() as plane:
        assert await released(plane, fuse) == {"ours": {"password": FIRST, "old": FIRST}, "theirs": {"kept": FIRST}}


def test_secrets_are_put_back() -> None:
    run(returned(Fuse(NEVER, after=False)))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_secrets_are_put_back_after_a_crash(after: bool) -> None:
    at_every_call(returned, after, EVERY)
