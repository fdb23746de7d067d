import json

import pytest

from libs.runtime.json_keys import require_single_keys
from libs.runtime.problem import Problem


@pytest.mark.parametrize(
    "text",
    [b"{}", b"3", b'{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}', b'{"a": "a", "b": 1e999, "c": ' + b"9" * 5000 + b"}"],
)
async def test_single_keys_are_taken(text: bytes) -> None:
    await require_single_keys(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 1}',
        b'{"b": [{"a": 1, "\\u0061": 2}]}',
        json.dumps({"x": "y" * 70_000}).encode()[:-1] + b',"x":1}',
    ],
)
async def test_key_given_twice_is_named(text: bytes) -> None:
    with pytest.raises(Problem, match="is given twice") as caught:
        await require_single_keys(text)
    assert (caught.value.status, caught.value.code) == (400, "duplicate_key")


async def test_first_of_two_is_not_searched_for_long() -> None:
    with pytest.raises(Problem, match="'k9999'"):
        await require_single_keys(b"{" + b",".join(b'"k%d":0' % n for n in [*range(10_000), 9999]) + b"}")


async def test_deep_nesting_is_told() -> None:
    with pytest.raises(Problem, match="nested too deeply"):
        await require_single_keys(b"[" * 50_000 + b"]" * 50_000)
