import pytest

from sandbox.objects.refusals import Refused
from sandbox.objects.selectors import by_fields, by_labels, by_workload
from tests.unit.sandbox.objects import Object

POD: Object = {
    "metadata": {"name": "p", "namespace": "shop", "labels": {"app": "web", "track": "canary"}},
    "spec": {"nodeName": "n1"},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    "selector",
    ["app=web", "app==web,track!=stable", "app in (api, web)", "app notin (api)", "track", "!tier", "tier!=x", ""],
)
def test_labels_match(selector: str) -> None:
    assert by_labels(selector)(POD)


@pytest.mark.parametrize(
    "selector", ["app=api", "app in (api,db)", "app notin (web)", "!app", "tier", "app=web,tier=x"]
)
def test_labels_do_not_match(selector: str) -> None:
    assert not by_labels(selector)(POD)


@pytest.mark.parametrize("selector", ["a in b", "=x", "a b", "a=b=c"])
def test_broken_selector_is_refused(selector: str) -> None:
    with pytest.raises(Refused):
        by_labels(selector)(POD)


def test_fields_match() -> None:
    assert by_fields("metadata.name=p,spec.nodeName==n1,status.phase!=Failed")(POD)
    assert not by_fields("metadata.namespace=other")(POD)


def test_unknown_field_is_refused() -> None:
    with pytest.raises(Refused, match="not supported"):
        by_fields("spec.bogus=1")(POD)


@pytest.mark.parametrize(
    ("operator", "values", "holds"),
    [("In", ["web"], True), ("NotIn", ["web"], False), ("Exists", [], True), ("DoesNotExist", [], False)],
)
def test_workload_expression(operator: str, values: list[str], holds: bool) -> None:
    term = {"key": "app", "operator": operator, "values": values}
    assert by_workload({"matchExpressions": [term]}, {"app": "web"}) is holds


def test_empty_workload_selector_adopts_nothing() -> None:
    assert not by_workload({}, {"app": "web"})
