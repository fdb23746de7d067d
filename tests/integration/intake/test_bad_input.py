"""Whatever is sent, the answer is a problem document: no traceback, no 5xx, nothing kept."""

from typing import Any

import aiohttp
import pytest

from tests.integration.conftest import Open
from tests.integration.intake.world import FILE, MANIFEST, World, world

PLAIN = {"Content-Type": "application/json"}


async def post(w: World, body: bytes, **headers: str) -> tuple[int, Any]:
    given = {**PLAIN, "Authorization": f"Bearer {w.token()}", **headers}
    async with w.session.post(f"{w.url}/api/v1/deployments", data=body, headers=given) as response:
        assert response.content_type == "application/problem+json"
        return response.status, await response.json(content_type=None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"hello",
        b"{",
        b"[" * 50_000,
        b'{"config": "a", "config": NaN}',
        b'{"config": "\\ud800"}',
        b'{"config": "a", "files": {"\\ud800": ["x"]}}',
        b'{"config": "a\\u0000b"}',
        b'{"config": "' + b"\\t" * 10 + b'"}',
        b'{"config": "a: &a [*a]"}',
        b'{"config": "' + b"[" * 50_000 + b'"}',
        b'{"config": "hello"}',
        b'{"config": "- a"}',
        b'{"config": "---\\n---\\na: 1"}',
        b'{"config": "", "targets": ["\\u202e"]}',
        b"\xff\xfe{",
        b'{"config": "\xff"}',
    ],
)
async def test_nonsense_is_refused(memory: Open, body: bytes) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await post(w, body)
        assert 400 <= status < 500
        assert {"title", "status", "code", "detail"} <= set(problem)
        assert (await w.call("GET", "/deployments"))[1]["deployments"] == []


async def test_other_content_is_refused(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, _ = await post(w, FILE.encode(), **{"Content-Type": "application/yaml"})
        assert status == 415


async def test_compressed_bomb_is_capped(memory: Open) -> None:
    import gzip

    async with memory() as p, world(p.store, p.bus, intake_body_bytes=1024 * 1024) as w:
        bomb = gzip.compress(b'{"config": "' + b"a" * 64 * 1024 * 1024 + b'"}')
        try:
            status, _ = await post(w, bomb, **{"Content-Encoding": "gzip"})
        except aiohttp.ClientConnectionError:
            return  # closing the connection on a flood is an answer too
        assert status in (400, 413)


@pytest.mark.parametrize("context", [{"a": "\u0000"}, {"": ""}, {"é": "\u202e"}])
async def test_odd_context_breaks_nothing(memory: Open, context: dict[str, str]) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        body = {"config": FILE, "files": {"shop.yml": [MANIFEST]}, "context": context}
        status, _ = await w.call("POST", "/deployments", body)
        assert status == 202
