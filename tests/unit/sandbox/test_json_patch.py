import pytest

from sandbox.objects.json_patch import parse, patched
from sandbox.objects.refusals import Refused
from tests.unit.sandbox.objects import Object


def document() -> Object:
    return {"spec": {"replicas": 3, "items": ["a", "b"], "a/b": {"~": 1}}}


def outcome(*operations: str) -> Object:
    return patched(document(), parse(f"[{','.join(operations)}]".encode()))["spec"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("operation", "field", "value"),
    [
        ('{"op":"replace","path":"/spec/replicas","value":5}', "replicas", 5),
        ('{"op":"add","path":"/spec/items/-","value":"c"}', "items", ["a", "b", "c"]),
        ('{"op":"add","path":"/spec/items/0","value":"c"}', "items", ["c", "a", "b"]),
        ('{"op":"remove","path":"/spec/items/0"}', "items", ["b"]),
        ('{"op":"replace","path":"/spec/a~1b/~0","value":2}', "a/b", {"~": 2}),
        ('{"op":"copy","from":"/spec/items/1","path":"/spec/new"}', "new", "b"),
        ('{"op":"move","from":"/spec/items/0","path":"/spec/items/1"}', "items", ["b", "a"]),
        ('{"op":"test","path":"/spec/replicas","value":3}', "replicas", 3),
        ('{"op":"test","path":"/spec/missing","value":null}', "replicas", 3),
        ('{"op":"replace","path":"/spec/missing","value":1}', "missing", 1),
    ],
)
def test_operation_changes_the_field(operation: str, field: str, value: object) -> None:
    assert outcome(operation)[field] == value


@pytest.mark.parametrize(
    "operation",
    [
        '{"op":"test","path":"/spec/replicas","value":4}',
        '{"op":"test","path":"/spec/replicas","value":true}',
        '{"op":"test","path":"/missing/deeper","value":null}',
        '{"op":"remove","path":"/spec/missing"}',
        '{"op":"add","path":"/spec/items/7","value":1}',
        '{"op":"add","path":"/spec/items/01x","value":1}',
        '{"op":"add","path":"/none/deeper","value":1}',
        '{"op":"remove","path":""}',
        '{"op":"replace","path":"","value":[1]}',
        '{"op":"replace","path":"spec","value":1}',
        '{"op":"fly","path":"/spec"}',
    ],
)
def test_impossible_patch_is_invalid(operation: str) -> None:
    with pytest.raises(Refused) as refused:
        outcome(operation)
    assert (refused.value.code, refused.value.reason) == (422, "Invalid")


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"nonsense"])
def test_nonsense_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        patched(document(), parse(body))
    assert refused.value.code == 400


def test_too_many_operations_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        parse(b"[" + b",".join([b'{"op":"test","path":"","value":1}'] * 10_001) + b"]")
    assert refused.value.code == 413
