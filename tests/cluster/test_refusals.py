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


def with_container(**changes: Any) -> dict[str, Any]:
    found = deployment(NEW)
    found["spec"]["template"]["spec"]["containers"][0] |= changes
    return found


def job(image: str) -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "once", "image": image}]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {"template": {"spec": pod}}}


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


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (misspelt(), ".spec.progresDeadlineSeconds: field not declared in schema"),
    (with_container(imagePullPolicy="Allways"), 'imagePullPolicy: Unsupported value: "Allways"'),
    (with_container(ports=[{"containerPort": "web"}]), "containerPort: expected numeric (int or float), got string"),
]


@pytest.mark.parametrize(("wrong", "said"), MISTAKES, ids=["field", "value", "type"])
async def test_mistake_in_a_deployment_is_named(stage: Stage, wrong: dict[str, Any], said: str) -> None:
    await stage.deployed(deployment(OLD))
    story = await refused(stage, wrong)
    assert said in story, story


async def test_change_that_cannot_be_made_is_named(stage: Stage) -> None:
    await stage.deployed(job(OLD), deployment(OLD))
    story = await refused(stage, job(NEW), deployment(NEW))
    assert "spec.template" in story, story
    assert "field is immutable" in story, story


@pytest.mark.feature("F3", "F18")
async def test_forbidden_kind_is_named(stage: Stage) -> None:
    await stage.deployed(deployment(OLD))
    story = await refused(stage, role(), deployment(NEW))
    assert f'User "{USER}" cannot' in story, story
    assert "roles" in story, story
