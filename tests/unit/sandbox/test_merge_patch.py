from sandbox.objects.kinds import DEPLOYMENT, SERVICE
from sandbox.objects.merge_patch import merged, strategic
from sandbox.objects.schema import rules_for
from tests.unit.sandbox.objects import Object

RULES = rules_for(DEPLOYMENT)


def pod(**spec: object) -> Object:
    return {"spec": {"template": {"spec": spec}}}


def after(base: Object, patch: Object) -> Object:
    return strategic(base, patch, RULES)["spec"]["template"]["spec"]  # type: ignore[no-any-return]


def test_plain_merge_replaces_lists() -> None:
    assert merged({"a": {"b": 1, "c": 2}, "l": [1, 2]}, {"a": {"b": None, "d": 3}, "l": [3]}) == {
        "a": {"c": 2, "d": 3},
        "l": [3],
    }


def test_plain_merge_of_scalars_replaces() -> None:
    assert merged({"a": 1}, {"a": {"b": None, "c": 1}}) == {"a": {"c": 1}}


def test_containers_merge_by_name() -> None:
    base = pod(containers=[{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}])
    patch = pod(containers=[{"name": "a", "image": "2", "env": [{"name": "Y", "value": "2"}]}, {"name": "c"}])
    first, third, second = after(base, patch)["containers"]
    assert first == {"name": "a", "image": "2", "env": [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}]}
    assert (second["name"], third["name"]) == ("b", "c")


def test_plain_lists_are_replaced() -> None:
    base = pod(containers=[{"name": "a", "args": ["1", "2"]}])
    assert after(base, pod(containers=[{"name": "a", "args": ["3"]}]))["containers"][0]["args"] == ["3"]


def test_item_is_deleted_by_directive() -> None:
    base = pod(containers=[{"name": "a"}, {"name": "b"}])
    assert after(base, pod(containers=[{"$patch": "delete", "name": "a"}]))["containers"] == [{"name": "b"}]


def test_list_is_replaced_by_directive() -> None:
    base = pod(containers=[{"name": "a"}, {"name": "b"}])
    assert after(base, pod(containers=[{"name": "c"}, {"$patch": "replace"}]))["containers"] == [{"name": "c"}]


def test_mapping_is_replaced_by_directive() -> None:
    base = pod(nodeSelector={"a": "1"}, securityContext={"x": 1, "y": 2})
    assert after(base, pod(securityContext={"$patch": "replace", "z": 3}))["securityContext"] == {"z": 3}


def test_order_follows_directive() -> None:
    base = pod(containers=[{"name": "a"}, {"name": "b"}])
    patch = pod(**{"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "b"}]})
    assert [item["name"] for item in after(base, patch)["containers"]] == ["b", "a"]


def test_retained_keys_drop_the_others() -> None:
    base = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic(base, patch, RULES) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_plain_values_are_deleted_by_directive() -> None:
    base = {"metadata": {"finalizers": ["a", "b"]}}
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}}
    assert strategic(base, patch, RULES) == {"metadata": {"finalizers": ["b", "c"]}}


def test_service_ports_merge_by_port() -> None:
    base = {"spec": {"ports": [{"port": 80, "targetPort": 1}, {"port": 443}]}}
    patch = {"spec": {"ports": [{"port": 80, "targetPort": 2}]}}
    merged_ports = strategic(base, patch, rules_for(SERVICE))["spec"]["ports"]
    assert merged_ports == [{"port": 80, "targetPort": 2}, {"port": 443}]
