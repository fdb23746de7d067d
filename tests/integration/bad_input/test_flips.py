"""BI-029: a good file with any one byte changed is a good file, or a refusal that says where; never a failure."""

from random import Random

import msgspec

from libs.config import parse as configuration
from libs.spec.parse import parse
from tests.integration.bad_input.background import Background
from tests.integration.bad_input.row import FILE
from tests.integration.bad_input.standing import Standing
from tests.integration.intake.world import World

PARSED = 1000
POSTED = 200


CONFIG = """\
roles:
  - name: Captain
    tenant: main
    grants: [{type: api, resource: deployment, permission: full}]
metricProviders:
  - {name: prod, type: prometheus, url: "https://prometheus.test", basicAuth: {username: ann, passwordSecret: word}}
notifications:
  - {name: told, kind: webhook, url: "https://chat.test/x", events: ["deployment.*"], headers: {X-Team: shop}}
"""


def flips(text: str, count: int, seed: int) -> list[bytes]:
    """The same on every run."""
    random, data = Random(seed), text.encode()
    return [flipped(data, random.randrange(len(data)), random.randrange(1, 256)) for _ in range(count)]


def flipped(data: bytes, place: int, bits: int) -> bytes:
    return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


def test_parser_answers_any_flip() -> None:
    refused = 0
    for data in flips(FILE, PARSED, 29):
        read = parse(data)
        errors = [one for one in read.problems if one.severity == "error"]
        assert (read.spec is None) == bool(errors), data
        assert all(one.code and one.message for one in errors), data
        refused += bool(errors)
    assert PARSED // 2 < refused < PARSED


def test_configuration_answers_any_flip() -> None:
    refused = 0
    for data in flips(CONFIG, PARSED, 30):
        # A configuration comes as text within JSON: bytes that are no text have been refused before.
        read = configuration.parse(data.decode(errors="replace"), "main")
        errors = [one for one in read.problems if one.severity == "error"]
        assert (read.config is None) == bool(errors), data
        assert all(one.code and one.message for one in errors), data
        refused += bool(errors)
    assert PARSED // 4 < refused < PARSED


def test_door_answers_any_flip(background: Background, standing: Standing) -> None:
    with standing.world() as w:
        background.do(posted(w))


async def posted(w: World) -> None:
    headers = {"Authorization": f"Bearer {w.token()}", "Content-Type": "application/json"}
    for body in flips(msgspec.json.encode({"config": FILE}).decode(), POSTED, 92):
        async with w.session.post(f"{w.url}/api/v1/validate", data=body, headers=headers) as response:
            document = await response.json(content_type=None)
            assert response.status in (200, 400, 422), (body, document)
            assert "problems" in document or "detail" in document or document["valid"], body
