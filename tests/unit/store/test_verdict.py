"""What the server's refusal of a batch means."""

import msgspec
import pytest

from libs.durable.ports import Conflict, Unavailable
from libs.store.batch import BatchRefused, Busy, judge


@pytest.mark.parametrize(
    ("code", "number", "meaning"),
    [
        (400, 10071, Conflict),
        (409, 10158, Busy),
        (429, 10210, Busy),
        (503, 10008, Unavailable),
        (400, 10025, BatchRefused),
    ],
)
def test_refusal_has_its_meaning(code: int, number: int, meaning: type[Exception]) -> None:
    answer = {"error": {"code": code, "err_code": number, "description": "why"}}
    with pytest.raises(meaning):
        judge(msgspec.json.encode(answer))
