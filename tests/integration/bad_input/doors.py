"""Every door that takes a kind of value, and what it says: an answer the oracle can judge."""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
import pytest
from msgspec import Struct
from yarl import URL

from cli.app import run
from libs.auth.callbacks import CallbackTokens
from tests.integration.bad_input.row import Kind, Row
from tests.integration.bad_input.standing import RUN
from tests.integration.intake.world import SEALING_KEY, World

_SECONDS = 20
_NOBODY = "03000000-0000-8000-8000-00000000000f"
"""A deployment that might be, and is not: what is said of it is looked at first."""


class Said(Struct, frozen=True):
    """What a door answered, in one shape for HTTP and for a command."""

    status: int
    """HTTP's, or a command's exit code."""
    codes: frozenset[str]
    """Every code, and the status as text."""
    text: str
    accepted: bool
    is_document: bool
    """A problem document, or a sentence on standard error."""


class Place(Struct, frozen=True):
    """Where the doors are."""

    world: World
    folder: Path
    capture: pytest.CaptureFixture[str]


Door = Callable[[Place, Row], Coroutine[Any, Any, Said] | Said]
"""What asks over HTTP does so in the server's thread; a command has this one."""


async def post_file(place: Place, row: Row) -> Said:
    """The file's text inside the JSON of a request, as the command line sends it."""
    text = row.value.decode(errors="surrogateescape")
    data = b'{"config": ' + _json(text) + b"}"
    return await _post(place, "/deployments", data)


async def check_file(place: Place, row: Row) -> Said:
    """The server's check, without starting: what is wrong is the answer, not a refusal."""
    text = row.value.decode(errors="surrogateescape")
    said = await _post(place, "/validate", b'{"config": ' + _json(text) + b"}")
    return _judged(said) if said.status == 200 else said


def validate_file(place: Place, row: Row) -> Said:
    (place.folder / "file.yml").write_bytes(row.value)
    return _command(place, "validate", "-f", "file.yml")


def start_file(place: Place, row: Row) -> Said:
    (place.folder / "file.yml").write_bytes(row.value)
    w = place.world
    return _command(place, "deploy", "start", "-f", "file.yml", "--server", w.url, "--token", w.token())


async def post_body(place: Place, row: Row) -> Said:
    return await _post(place, "/deployments", row.value)


async def check_body(place: Place, row: Row) -> Said:
    return await _post(place, "/validate", row.value)


async def put_body(place: Place, row: Row) -> Said:
    return await _ask(place, "PUT", "/config", row.value)


async def put_config(place: Place, row: Row) -> Said:
    text = row.value.decode(errors="surrogateescape")
    return await _ask(place, "PUT", "/config", b'{"config": ' + _json(text) + b"}")


def apply_config(place: Place, row: Row) -> Said:
    (place.folder / "config.yml").write_bytes(row.value)
    w = place.world
    return _command(place, "config", "apply", "-f", "config.yml", "--server", w.url, "--token", w.token())


async def post_original(place: Place, row: Row) -> Said:
    return await _post(place, "", row.value, f"{place.world.url}/pipelines/kubernetes")


async def post_agent_body(place: Place, row: Row) -> Said:
    return await _post(place, "/agents", row.value)


async def raw(place: Place, row: Row) -> Said:
    host = place.world.url.removeprefix("http://")
    name, _, port = host.rpartition(":")
    data = row.value.replace(b"HOST", host.encode()).replace(b"TOKEN", place.world.token().encode())
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(data)
    try:
        async with asyncio.timeout(_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return Said(400, frozenset({"closed"}), "", accepted=False, is_document=True)
    finally:
        writer.close()
    status = int(head.split(b" ", 2)[1])
    is_document = b"application/problem+json" in head
    return Said(status, frozenset({str(status)}), head.decode(errors="replace"), status < 400, is_document)


async def show(place: Place, row: Row) -> Said:
    return await _ask(place, "GET", f"/deployments/{quote(row.value.decode(), safe='')}")


async def follow(place: Place, row: Row) -> Said:
    return await _ask(place, "GET", f"/deployments/{quote(row.value.decode(), safe='')}/events")


async def approve(place: Place, row: Row) -> Said:
    return await _ask(place, "POST", f"/deployments/{quote(row.value.decode(), safe='')}/approve")


async def redeploy(place: Place, row: Row) -> Said:
    return await _ask(place, "POST", f"/deployments/{quote(row.value.decode(), safe='')}/redeploy")


async def show_original(place: Place, row: Row) -> Said:
    path = f"/pipelines/{quote(row.value.decode(), safe='')}"
    return await _ask(place, "GET", "", url=f"{place.world.url}{path}")


async def abort(place: Place, row: Row) -> Said:
    return await _ask(place, "POST", f"/deployments/{quote(row.value.decode(), safe='')}/abort")


def status(place: Place, row: Row) -> Said:
    w = place.world
    return _command(place, "deploy", "status", row.value.decode(), "--server", w.url, "--token", w.token())


async def key(place: Place, row: Row) -> Said:
    """A header cannot be sent with every byte by a careful client, so this is sent as bytes."""
    head = b"POST /api/v1/deployments HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer TOKEN\r\n"
    more = b"Content-Type: application/json\r\nContent-Length: 14\r\nIdempotency-Key: " + row.value
    data = head + more + b'\r\n\r\n{"config": ""}'
    return await raw(place, msgspec.structs.replace(row, value=data))


async def new_agent(place: Place, row: Row) -> Said:
    return await _post(place, "/agents", b'{"name": ' + _json(row.value.decode()) + b"}")


async def decide(place: Place, row: Row) -> Said:
    return await _post(place, f"/deployments/{_NOBODY}/approve", row.value)


async def steer(place: Place, row: Row) -> Said:
    return await _post(place, f"/deployments/{_NOBODY}/rollback", row.value)


async def call_back(place: Place, row: Row) -> Said:
    return await _post(place, f"/callbacks/{CallbackTokens(SEALING_KEY).token(RUN)}/callback", row.value)


async def call_back_at(place: Place, row: Row) -> Said:
    """The row's value stands in the address; GOOD is the token that would be right there."""
    token = row.value.decode().replace("GOOD", CallbackTokens(SEALING_KEY).token(RUN))
    return await _post(place, f"/callbacks/{token}", b'{"success": true}')


def command(place: Place, row: Row) -> Said:
    return _command(place, *row.value.decode().split())


DOORS: dict[Kind, tuple[Door, ...]] = {
    Kind.FILE: (validate_file, post_file, check_file, start_file),
    Kind.CONFIG: (put_config, apply_config),
    Kind.BODY: (post_body, check_body, put_body, post_original, post_agent_body),
    Kind.RAW: (raw,),
    Kind.ID: (show, follow, abort, approve, redeploy, show_original, status),
    Kind.KEY: (key,),
    Kind.AGENT: (new_agent,),
    Kind.DECISION: (decide, steer),
    Kind.CALLBACK: (call_back,),
    Kind.ADDRESS: (call_back_at,),
    Kind.COMMAND: (command,),
}


async def _post(place: Place, path: str, data: bytes, url: str = "") -> Said:
    return await _ask(place, "POST", path, data, url)


async def _ask(place: Place, method: str, path: str, data: bytes | None = None, url: str = "") -> Said:
    w = place.world
    headers = {"Authorization": f"Bearer {w.token()}", "Content-Type": "application/json"}
    where = URL(url or f"{w.url}/api/v1{path}", encoded=True)
    try:
        return await _heard(
            w.session.request(method, where, data=None if data is None else BytesIO(data), headers=headers)
        )
    except aiohttp.ClientConnectionError:
        # Who is flooded may hang up before everything is sent.
        return Said(413, frozenset({"413"}), "", accepted=False, is_document=True)


def _judged(said: Said) -> Said:
    """A verdict on a file, as the refusal that starting it would be."""
    verdict = msgspec.json.decode(said.text)
    errors = [one["code"] for one in verdict.get("problems", []) if one.get("severity", "error") == "error"]
    assert verdict["valid"] is not bool(errors), said.text
    return Said(422 if errors else 200, frozenset(errors), said.text, verdict["valid"], bool(errors))


async def _heard(asked: Any) -> Said:
    async with asked as response:
        text = (await response.read()).decode(errors="replace")
        is_document = response.content_type == "application/problem+json"
        codes = _codes(text) | {str(response.status)}
        return Said(response.status, codes, text, response.status < 400, is_document)


def _command(place: Place, *arguments: str) -> Said:
    """In this process: what a script sees, without the time that an interpreter takes to start."""
    before = Path.cwd()
    os.chdir(place.folder)
    try:
        code = run(arguments)
    finally:
        os.chdir(before)
    out, err = place.capture.readouterr()
    return Said(code, frozenset({str(code)}), out + err, code == 0, bool(err.strip()))


def _codes(text: str) -> frozenset[str]:
    try:
        document = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return frozenset()
    if not isinstance(document, dict):
        return frozenset()
    problems = document.get("problems", [])
    return frozenset({str(document.get("code", "")), *(str(one.get("code", "")) for one in problems)})


def _json(text: str) -> bytes:
    """As JSON, half surrogate pairs and all."""
    return json.dumps(text).encode()
