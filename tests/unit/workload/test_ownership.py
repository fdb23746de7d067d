"""Our own fields, read back from a live object."""

import json

import pytest

from libs.workload.kinds.objects import Object
from libs.workload.kinds.ownership import is_bare, owned
from tests.unit.workload.build import service


def live(fields: Object, manager: str = "fairlead", operation: str = "Apply") -> Object:
    value = service(80)
    value["metadata"] |= {"uid": "u", "labels": {"ours": "1", "theirs": "2"}, "finalizers": ["a/ours", "b/theirs"]}
    value["spec"]["clusterIP"] = "10.0.0.1"
    value["spec"]["ports"] = [
        {"port": 80, "protocol": "TCP", "targetPort": 8080},
        {"port": 443, "protocol": "TCP", "targetPort": 8443},
    ]
    entry = {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields}
    value["metadata"]["managedFields"] = [{"manager": "other", "operation": "Update"}, entry]
    return value


def port(number: int) -> str:
    return "k:" + json.dumps({"port": number, "protocol": "TCP"})


def test_keyed_lists_keep_only_our_elements() -> None:
    fields = {"f:spec": {"f:ports": {port(443): {".": {}, "f:port": {}, "f:targetPort": {}}}}}
    assert owned(live(fields))["spec"] == {"ports": [{"port": 443, "protocol": "TCP", "targetPort": 8443}]}


def test_labels_and_finalizers_of_others_stay_out() -> None:
    fields = {"f:metadata": {"f:labels": {"f:ours": {}}, "f:finalizers": {'v:"a/ours"': {}}}}
    found = owned(live(fields))["metadata"]
    assert found == {"name": "web", "namespace": "shop", "labels": {"ours": "1"}, "finalizers": ["a/ours"]}


def test_leaf_takes_the_whole_value() -> None:
    assert owned(live({"f:spec": {"f:selector": {}}}))["spec"] == {"selector": {"app": "web"}}


def test_fields_gone_since_are_left_out() -> None:
    assert owned(live({"f:spec": {"f:gone": {}, "f:ports": {port(99): {}}}}))["spec"] == {"ports": []}


def test_other_managers_fields_are_not_ours() -> None:
    assert is_bare(owned(live({"f:spec": {"f:selector": {}}}, manager="kubectl")))
    assert is_bare(owned(live({"f:spec": {"f:selector": {}}}, operation="Update")))


def test_nonsense_in_field_names_is_survived() -> None:
    fields = {"f:spec": {"f:ports": {"k:{not json": {}, "i:0": {"f:port": {}}, "x": {}}}}
    assert owned(live(fields))["spec"] == {"ports": [{"port": 80}]}


@pytest.mark.parametrize(
    ("patched", "expected"), [({"f:spec": {"f:selector": {}}}, {"app": "web"}), ({"f:spec": {"f:ports": {}}}, None)]
)
def test_selector_that_our_patches_took_over_is_ours(patched: Object, expected: Object | None) -> None:
    value = live({"f:spec": {"f:ports": {}}})
    value["metadata"]["managedFields"].append({"manager": "fairlead", "operation": "Update", "fieldsV1": patched})
    assert owned(value)["spec"].get("selector") == expected
