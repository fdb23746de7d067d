"""BI-029: a good file with any one byte changed is a good file, or a refusal that says where; never a failure."""

from random import Random

import msgspec

from libs.spec.parse import parse
from tests.integration.bad_input.background import Background
from tests.integration.bad_input.row import FILE
from tests.integration.bad_input.standing import Standing
from tests.integration.intake.world import World

PARSED = 1000
POSTED = 200


def flips(count: int) -> list[bytes]:
    """The same on every run."""
    random = Random(29)
    return [flipped(FILE.encode(), random.randrange(len(FILE)), random.randrange(1, 256)) for _ in range(count)]


def flipped(data: bytes, place: int, bits: int) -> bytes:
    return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


def test_parser_answers_any_flip() -> None:
    refused = 0
    for data in flips(PARSED):
        read = parse(data)
        errors = [one for one in read.problems if one.severity == "error"]
        assert (read.spec is None) == bool(errors), data
        assert all(one.code and one.message for one in errors), data
        refused += bool(errors)
    assert PARSED // 2 < refused < PARSED


def test_door_answers_any_flip(background: Background, standing: Standing) -> None:
    with standing.world() as w:
        background.do(posted(w))


async def posted(w: World) -> None:
    headers = {"Authorization": f"Bearer {w.token()}", "Content-Type": "application/json"}
    whole = msgspec.json.encode({"config": FILE})
    random = Random(92)
    bodies = [flipped(whole, random.randrange(len(whole)), random.randrange(1, 256)) for _ in range(POSTED)]
    for body in bodies:
        async with w.session.post(f"{w.url}/api/v1/validate", data=body, headers=headers) as response:
            document = await response.json(content_type=None)
            assert response.status in (200, 400, 422), (body, document)
            assert "problems" in document or "detail" in document or document["valid"], body
