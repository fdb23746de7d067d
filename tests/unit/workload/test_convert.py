"""A Deployment as a ReplicaSet of ours."""

import pytest

from libs.workload.kinds.naming import HASH_LABEL, MANAGED_LABEL, Marks, rollout_annotation
from libs.workload.kinds.objects import table, text
from libs.workload.manifests.convert import limits, replica_set, replica_set_name, version_hash, workload
from tests.unit.workload.build import V1, V2, deployment


@pytest.mark.parametrize(
    ("replicas", "rolling", "expected"),
    [
        (4, {}, (1, 1)),
        (3, {}, (1, 0)),
        (1, {}, (1, 0)),
        (10, {}, (3, 2)),
        (10, {"maxSurge": "15%", "maxUnavailable": "15%"}, (2, 1)),
        (4, {"maxSurge": 0, "maxUnavailable": 0}, (0, 1)),
        (3, {"maxSurge": 0, "maxUnavailable": "10%"}, (0, 1)),
        (2, {"maxSurge": "100%", "maxUnavailable": 9}, (2, 2)),
        (0, {"maxSurge": 0, "maxUnavailable": 0}, (0, 0)),
    ],
)
def test_limits_are_resolved(replicas: int, rolling: dict[str, object], expected: tuple[int, int]) -> None:
    assert limits(deployment(replicas, **rolling)) == expected


def test_recreate_gives_everything_away_first() -> None:
    value = deployment(4)
    value["spec"]["strategy"] = {"type": "Recreate"}
    assert limits(value) == (0, 4)


def test_every_rollout_makes_a_new_version() -> None:
    names = {replica_set_name(deployment(), marks) for marks in (V1, V2, Marks("shop", "other", V1.deployment))}
    assert len(names) == 3
    assert replica_set_name(deployment(), V1) == replica_set_name(deployment(), V1)


def test_hash_spells_no_word() -> None:
    found = version_hash(deployment(), V1)
    assert len(found) == 10
    assert not set(found) & set("aeiou013")


@pytest.mark.feature("F57")
def test_version_is_named_after_its_deployment_and_hash() -> None:
    assert text(replica_set(deployment(name="shop-web"), V1, 1), "metadata", "name") == (
        f"shop-web-{version_hash(deployment(name='shop-web'), V1)}"
    )


def test_long_names_stay_within_limits() -> None:
    name = replica_set_name(deployment(name="a" * 51 + "." + "b" * 80), V1)
    assert len(name) <= 63
    assert ".-" not in name


def test_selector_and_pods_carry_the_hash() -> None:
    made = replica_set(deployment(), V1, 3)
    version = version_hash(deployment(), V1)
    assert made["spec"]["selector"]["matchLabels"] == {"app": "web", HASH_LABEL: version}
    assert made["spec"]["template"]["metadata"]["labels"] == {
        "app": "web",
        HASH_LABEL: version,
        MANAGED_LABEL: "true",
    }


@pytest.mark.feature("F61")
def test_pods_know_where_they_come_from() -> None:
    value = deployment()
    value["spec"]["template"]["spec"]["initContainers"] = [{"name": "first", "image": "first:v1"}]
    value["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "ARMORY_APPLICATION_NAME", "value": "mine"},
        {"name": "COLOUR", "value": "blue"},
    ]
    made = replica_set(value, V1, 1)
    env = {entry["name"]: entry["value"] for entry in made["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert env == {
        "ARMORY_APPLICATION_NAME": "shop",
        "ARMORY_DEPLOYMENT_ID": V1.deployment,
        "ARMORY_ENVIRONMENT_NAME": "prod",
        "ARMORY_REPLICA_SET_NAME": text(made, "metadata", "name"),
        "COLOUR": "blue",
    }
    first = made["spec"]["template"]["spec"]["initContainers"][0]["env"]
    assert {entry["name"] for entry in first} == env.keys() - {"COLOUR"}
    told = {
        "deploy.armory.io/application": "shop",
        "deploy.armory.io/deployment-id": V1.deployment,
        "deploy.armory.io/environment": "prod",
        "deploy.armory.io/replica-set-name": text(made, "metadata", "name"),
    }
    assert table(made, "spec", "template", "metadata", "annotations").items() >= told.items()
    assert table(made, "metadata", "annotations").items() >= told.items()


def test_only_a_deployments_fields_are_dropped() -> None:
    value = deployment()
    value["spec"] |= {"minReadySeconds": 5, "progressDeadlineSeconds": 9, "paused": True}
    value["metadata"]["annotations"] = {"mine": "1", "deployment.kubernetes.io/revision": "4"}
    made = replica_set(value, V1, 1)
    assert set(made["spec"]) == {"selector", "template", "minReadySeconds"}
    assert made["metadata"]["annotations"].keys() >= {"mine"}
    assert "deployment.kubernetes.io/revision" not in made["metadata"]["annotations"]


def test_manifest_is_left_alone() -> None:
    value = deployment()
    replica_set(value, V1, 1)
    assert value == deployment()


def test_workload_has_its_arithmetic() -> None:
    found = workload(deployment(10), V1)
    assert (found.replicas, found.max_surge, found.max_unavailable) == (10, 3, 2)


@pytest.mark.parametrize("deployment_id", [V1.deployment, "x" * 300, "with spaces / and slashes"])
def test_fence_is_a_valid_annotation(deployment_id: str) -> None:
    prefix, _, name = rollout_annotation(Marks("shop", "a target / with anything", deployment_id)).partition("/")
    assert prefix == "fairlead.dev"
    assert len(name) <= 63
    assert name.replace(".", "").replace("-", "").isalnum()
