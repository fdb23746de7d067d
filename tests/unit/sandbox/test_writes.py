import pytest

from tests.unit.sandbox.conftest import PATHS, Client
from tests.unit.sandbox.objects import a_config_map, a_deployment, a_pod_template, a_replica_set


async def test_new_object_is_given_identity(client: Client) -> None:
    stored = await client.create(a_deployment())
    metadata = stored["metadata"]
    assert metadata["uid"]
    assert metadata["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert metadata["generation"] == 1
    assert metadata["managedFields"][0]["manager"] == "tests"


async def test_second_create_is_a_conflict(client: Client) -> None:
    await client.create(a_config_map())
    code, status = await client.ask("POST", PATHS["ConfigMap"], a_config_map())
    assert (code, status["reason"], status["details"]) == (
        409,
        "AlreadyExists",
        {"name": "settings", "kind": "configmaps"},
    )
    assert status["message"] == 'configmaps "settings" already exists'


async def test_missing_object_is_not_found(client: Client) -> None:
    code, status = await client.ask("GET", f"{PATHS['Deployment']}/none")
    assert (code, status["reason"], status["message"]) == (404, "NotFound", 'deployments.apps "none" not found')


async def test_name_is_generated(client: Client) -> None:
    value = a_config_map()
    value["metadata"] = {"generateName": "settings-", "namespace": "default"}
    assert (await client.create(value))["metadata"]["name"].startswith("settings-")


async def test_generation_counts_the_spec_only(client: Client) -> None:
    await client.create(a_deployment(replicas=0))
    _, labelled = await client.patch("merge", "Deployment", "web", {"metadata": {"labels": {"a": "b"}}})
    _, scaled = await client.patch("merge", "Deployment", "web", {"spec": {"replicas": 1}})
    assert (labelled["metadata"]["generation"], scaled["metadata"]["generation"]) == (1, 2)


async def test_change_of_nothing_keeps_the_version(client: Client) -> None:
    stored = await client.create(a_config_map(a="1"))
    _, same = await client.patch("merge", "ConfigMap", "settings", {"data": {"a": "1"}})
    assert same == stored


async def test_stale_update_is_a_conflict(client: Client) -> None:
    stored = await client.create(a_config_map(a="1"))
    await client.patch("merge", "ConfigMap", "settings", {"data": {"a": "2"}})
    code, status = await client.ask("PUT", f"{PATHS['ConfigMap']}/settings", stored)
    assert (code, status["reason"]) == (409, "Conflict")
    assert "the object has been modified" in status["message"]


async def test_stale_merge_patch_is_a_conflict(client: Client) -> None:
    stored = await client.create(a_config_map(a="1"))
    await client.patch("merge", "ConfigMap", "settings", {"data": {"a": "2"}})
    body = {"metadata": {"resourceVersion": stored["metadata"]["resourceVersion"]}, "data": {"a": "3"}}
    code, _ = await client.patch("merge", "ConfigMap", "settings", body)
    assert code == 409


async def test_failed_test_of_a_patch_changes_nothing(client: Client) -> None:
    await client.create(a_replica_set(replicas=0))
    operations = [
        {"op": "test", "path": "/spec/replicas", "value": 7},
        {"op": "replace", "path": "/spec/replicas", "value": 1},
    ]
    code, status = await client.patch("json", "ReplicaSet", "web-1", operations)
    assert (code, status["reason"]) == (422, "Invalid")
    assert (await client.get("ReplicaSet", "web-1"))["spec"]["replicas"] == 0


async def test_rehearsal_stores_nothing(client: Client) -> None:
    code, value = await client.ask("POST", f"{PATHS['ConfigMap']}?dryRun=All", a_config_map())
    assert (code, bool(value["metadata"]["uid"])) == (201, True)
    assert (await client.ask("GET", f"{PATHS['ConfigMap']}/settings"))[0] == 404


async def test_rehearsed_delete_deletes_nothing(client: Client) -> None:
    await client.create(a_config_map())
    await client.ask("DELETE", f"{PATHS['ConfigMap']}/settings?dryRun=All")
    assert await client.get("ConfigMap", "settings")


async def test_status_is_written_through_its_own_path(client: Client) -> None:
    stored = await client.create(a_deployment(replicas=0))
    body = {**stored, "spec": {**stored["spec"], "replicas": 9}, "status": {"collisionCount": 4}}
    body["metadata"] = {"name": "web", "namespace": "default"}
    _, status_written = await client.ask("PUT", f"{PATHS['Deployment']}/web/status", body)
    assert (status_written["spec"]["replicas"], status_written["status"]) == (0, {"collisionCount": 4})


async def test_scale_reads_and_writes_the_size(client: Client) -> None:
    await client.create(a_deployment(replicas=1))
    code, scale = await client.patch("merge", "Deployment", "web/scale", {"spec": {"replicas": 3}})
    assert (code, scale["kind"], scale["spec"], scale["status"]["selector"]) == (
        200,
        "Scale",
        {"replicas": 3},
        "app=web",
    )
    owners = (await client.get("Deployment", "web"))["metadata"]["managedFields"]
    assert [owner.get("subresource") for owner in owners if "f:replicas" in owner["fieldsV1"].get("f:spec", {})] == [
        "scale"
    ]


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"replicas": -1}, "spec.replicas", "Invalid value: -1: must be greater than or equal to 0"),
        ({"selector": {"matchLabels": {"a": "b"}}}, "spec.selector", "field is immutable"),
        ({"strategy": {"type": "Sideways"}}, "spec.strategy", "Unsupported value"),
        ({"template": {"spec": {"containers": []}}}, "spec.template.spec.containers", "Required value"),
    ],
)
async def test_invalid_change_names_its_field(client: Client, change: object, field: str, message: str) -> None:
    await client.create(a_deployment(replicas=0))
    code, status = await client.patch("merge", "Deployment", "web", {"spec": change})
    told = {cause["field"]: cause["message"] for cause in status["details"]["causes"]}
    assert (code, status["reason"], message in told[field]) == (422, "Invalid", True)


async def test_apply_makes_and_then_merges(client: Client) -> None:
    made, _ = await client.apply(a_deployment(replicas=1), "cd")
    code, status = await client.apply(a_deployment(replicas=2), "ci")
    assert (made, code, status["details"]["causes"][0]["field"]) == (201, 409, ".spec.replicas")
    forced, value = await client.apply(a_deployment(replicas=2), "ci", "force=true")
    assert (forced, value["spec"]["replicas"]) == (200, 2)


async def test_apply_needs_a_field_manager(client: Client) -> None:
    code, _ = await client.patch("apply", "Deployment", "web", a_deployment())
    assert code == 422


async def test_apply_bound_to_a_missing_object_makes_it(client: Client) -> None:
    value = a_config_map()
    value["metadata"]["resourceVersion"] = "5"
    assert (await client.apply(value, "cd"))[0] == 201


async def test_namespace_must_exist(client: Client) -> None:
    code, status = await client.ask(
        "POST",
        "/api/v1/namespaces/nope/configmaps",
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},
    )
    assert (code, status["message"]) == (404, 'namespaces "nope" not found')


async def test_body_must_match_its_path(client: Client) -> None:
    code, status = await client.ask("PUT", f"{PATHS['ConfigMap']}/other", a_config_map())
    assert (code, "does not match the name on the URL" in status["message"]) == (400, True)


async def test_delete_for_another_uid_is_a_conflict(client: Client) -> None:
    await client.create(a_config_map())
    code, status = await client.delete("ConfigMap", "settings", preconditions={"uid": "other"})
    assert (code, "the UID in the precondition" in status["message"]) == (409, True)


async def test_finalizer_holds_an_object(client: Client) -> None:
    value = a_config_map()
    value["metadata"]["finalizers"] = ["example.com/hold"]
    await client.create(value)
    await client.delete("ConfigMap", "settings")
    assert (await client.get("ConfigMap", "settings"))["metadata"]["deletionTimestamp"]
    await client.patch("merge", "ConfigMap", "settings", {"metadata": {"finalizers": None}})
    assert (await client.ask("GET", f"{PATHS['ConfigMap']}/settings"))[0] == 404


async def test_strange_media_type_is_refused(client: Client) -> None:
    code, _ = await client.ask("PATCH", f"{PATHS['ConfigMap']}/settings", {}, content_type="text/plain")
    assert code in {404, 415}


async def test_custom_kind_is_served_once_defined(client: Client) -> None:
    names = {"kind": "Route", "plural": "routes"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "routes.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": versions},
    }
    path = "/apis/example.com/v1/namespaces/default/routes"
    route = {"apiVersion": "example.com/v1", "kind": "Route", "metadata": {"name": "a"}, "spec": {"weight": 5}}
    assert (await client.ask("POST", path, route))[0] == 404
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert (await client.ask("POST", definitions, definition))[0] == 201
    assert (await client.ask("POST", path, route))[0] == 201
    await client.ask("DELETE", f"{definitions}/routes.example.com")
    assert (await client.ask("GET", path))[0] == 404


async def test_pod_template_is_defaulted(client: Client) -> None:
    stored = await client.create(a_deployment(template=a_pod_template(image="shop/web")))
    container = stored["spec"]["template"]["spec"]["containers"][0]
    assert (container["imagePullPolicy"], stored["spec"]["strategy"]["type"]) == ("Always", "RollingUpdate")
