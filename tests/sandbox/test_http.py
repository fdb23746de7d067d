import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.sandbox.process import sandbox_process

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_large_body_is_refused(http: aiohttp.ClientSession, url: str) -> None:
    async with http.post(url + CONFIG_MAPS, data=io.BytesIO(b"x" * (3 * 1024 * 1024 + 1))) as answer:
        assert (answer.status, (await answer.json())["reason"]) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 100_000, b"a: &a [*a, *a]", b"\xff\xfe", b""])
async def test_nonsense_is_a_bad_request(http: aiohttp.ClientSession, url: str, body: bytes) -> None:
    async with http.post(url + CONFIG_MAPS, data=body, headers={"Content-Type": "application/json"}) as answer:
        assert (answer.status, (await answer.json())["kind"]) == (400, "Status")


async def test_kind_may_be_left_to_the_path(http: aiohttp.ClientSession, url: str) -> None:
    body = b'{"apiVersion":"v1"}'
    async with http.post(url + CONFIG_MAPS, data=body, headers={"Content-Type": "application/json"}) as answer:
        assert (answer.status, (await answer.json())["details"]["causes"][0]["field"]) == (422, "metadata.name")


async def test_unknown_path_is_not_found_in_plain_text(http: aiohttp.ClientSession, url: str) -> None:
    async with http.get(f"{url}/apis/none/v1/things") as answer:
        assert (answer.status, await answer.text()) == (404, "404 page not found\n")


async def test_token_is_asked_for(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    with sandbox_process(tmp_path, "--token", "s3cret") as (_, url):
        async with http.get(f"{url}/api/v1/nodes") as answer:
            assert answer.status == 401
        async with http.get(f"{url}/api/v1/nodes", headers={"Authorization": "Bearer s3cret"}) as answer:
            assert answer.status == 200
