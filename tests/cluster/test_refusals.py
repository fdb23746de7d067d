"""What the API server refuses, and why, reaches the person who started the release; nothing moves."""

from typing import Any

import pytest

from tests.cluster.objects import NEW, OLD, PODS, config_map, deployment
from tests.cluster.rights import USER
from tests.cluster.stage import Size, Stage
from tools.kubernetes.api import APPLY

pytestmark = pytest.mark.timeout(180)


def misspelt() -> dict[str, Any]:
    found = deployment(NEW)
    found["spec"]["progresDeadlineSeconds"] = 60
    return found


def role() -> dict[str, Any]:
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"}
    return {**kind, "metadata": {"name": "reader"}, "rules": rules}


async def refused(stage: Stage, *objects: dict[str, Any]) -> str:
    """What is told of a release that must not get anywhere."""
    code, story = await stage.told(stage.file(list(objects)))
    assert code == 1, story
    assert await stage.sizes() == [Size(OLD, PODS, PODS)]
    return story


async def test_conflict_names_the_other_manager(stage: Stage) -> None:
    await stage.deployed(deployment(OLD))
    path = f"/api/v1/namespaces/{stage.namespace}/configmaps/web?fieldManager=gardener"
    await stage.cluster.api.ask("PATCH", path, config_map(page="theirs"), APPLY)
    story = await refused(stage, config_map(page="ours"), deployment(NEW))
    assert "field .data.page belongs to 'gardener'" in story, story
    assert [one["data"] for one in await stage.every("configmaps") if one["metadata"]["name"] == "web"] == [
        {"page": "theirs"}
    ]


async def test_misspelt_field_is_named(stage: Stage) -> None:
    await stage.deployed(deployment(OLD))
    story = await refused(stage, misspelt())
    assert "progresDeadlineSeconds" in story, story


@pytest.mark.feature("F3", "F18")
async def test_forbidden_kind_is_named(stage: Stage) -> None:
    await stage.deployed(deployment(OLD))
    story = await refused(stage, role(), deployment(NEW))
    assert f'User "{USER}" cannot' in story, story
    assert "roles" in story, story
