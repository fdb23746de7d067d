"""A called webhook calls back: who may, what counts, and what is answered to the second and the late one."""

import asyncio
from typing import Any

import aiohttp
import pytest

from libs.auth.callbacks import CallbackTokens
from libs.durable import record
from libs.durable.ports import Write
from libs.messages.codec import decode, decode_envelope
from libs.messages.message import Message
from libs.messages.run import Place, run_name
from libs.messages.subject import Key, message_filter, state_subject
from libs.messages.webhook import CallBack, CallBackRefused, WebhookFailed, WebhookSucceeded
from libs.webhook.state import Phase, Run
from tests.integration.conftest import Open
from tests.integration.intake.world import SEALING_KEY, TENANT, World, world

PLACE = Place(stage="strategy", step=1)
RUN = run_name("prod", PLACE)
KEY = Key(TENANT, 3, "03000000-0000-8000-8000-00000000000d").of_target(RUN)
SUCCEEDED = WebhookSucceeded(target="prod", place=PLACE, name="tests", by="ci")
TOKENS = CallbackTokens(SEALING_KEY)


async def committed(w: World, phase: Phase, **changes: Any) -> None:
    run = Run(phase=phase, run=RUN, place=PLACE, name="tests", attempt=1, **changes)
    await w.store.commit([Write(state_subject("webhook", KEY), record.encode(record.Loaded(run, 1)))])


async def answered(w: World, answer: Message) -> CallBack:
    """The service, played: takes the order and says what came of it."""
    async with asyncio.timeout(10):
        async for stored in w.bus.follow([message_filter(CallBack.address)], 0):
            envelope = decode_envelope(stored.data)
            assert stored.subject.endswith(KEY.target)
            order = decode(envelope.type, envelope.data)
            assert isinstance(order, CallBack)
            await w.says(KEY, answer, cause=envelope.id)
            return order
    raise AssertionError


async def call_back(w: World, body: Any = None, token: str | None = None, run: Key = KEY) -> tuple[int, Any]:
    path = f"/callbacks/{TOKENS.token(run)}/callback"
    return await w.call("POST", path, {"success": True} if body is None else body, token)


@pytest.mark.feature("F114", "F115")
async def test_first_callback_counts(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        await committed(w, Phase.WAITING)
        body = {"success": True, "mdMessage": "All *green*\x1b[31m\n[report](https://ci.test/9)"}
        calling = call_back(w, body, w.token("deployer", name="ci"))
        (status, document), order = await asyncio.gather(calling, answered(w, SUCCEEDED))
    assert (status, document["state"], document["event"]) == (200, "done", "evt.webhook.succeeded")
    assert order == CallBack(
        run=RUN, success=True, message="All *green*[31m\n[report](https://ci.test/9)", by="ci", id=order.id
    )
    assert len(order.id) == 32


@pytest.mark.feature("F114")
async def test_failure_is_an_answer_too(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await committed(w, Phase.WAITING)
        failed = WebhookFailed(target="prod", place=PLACE, name="tests", reason="ci called back that it failed")
        calling = call_back(w, {"success": False, "mdMessage": None})
        (status, _), order = await asyncio.gather(calling, answered(w, failed))
    assert (status, order.success, order.message) == (200, False, "")


async def test_second_callback_is_a_conflict(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await committed(w, Phase.SUCCEEDED, by="ci")
        status, problem = await call_back(w)
    assert (status, problem["code"]) == (409, "already_called_back")


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.CANCELLED, Phase.SUCCEEDED])
async def test_step_may_be_over(memory: Open, phase: Phase) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await committed(w, phase, reason="no callback came within 24 hours")
        status, problem = await call_back(w)
    assert (status, problem["code"]) == (410, "step_over")


async def test_race_is_lost_in_words(memory: Open) -> None:
    """Waiting when it was looked at, and refused when it came."""
    async with memory() as p, world(p.store, p.bus) as w:
        await committed(w, Phase.WAITING)
        refused = CallBackRefused(target="prod", order=CallBack.address, reason="the webhook tests wants no callback")
        (status, problem), _ = await asyncio.gather(call_back(w), answered(w, refused))
    assert (status, problem["detail"]) == (409, "the webhook tests wants no callback")


async def test_owner_that_is_away_is_told_later(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus, answer_seconds=0.1) as w:
        await committed(w, Phase.WAITING)
        status, document = await call_back(w)
    assert (status, document["state"]) == (202, "sent")


@pytest.mark.feature("F115")
async def test_stranger_is_refused(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await committed(w, Phase.WAITING)
        assert (await call_back(w, token=""))[0] == 401
        assert (await call_back(w, token=w.token("viewer")))[0] == 403
        assert (await call_back(w, token=w.token(tenant="other")))[0] == 403


@pytest.mark.parametrize("token", ["made-up", "A" * 80, "%2e%2e", "x" * 1000])
async def test_forged_address_is_not_there(memory: Open, token: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, _ = await w.call("POST", f"/callbacks/{token}/callback", {"success": True})
    assert status == 404


async def test_forgotten_run_is_gone(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await call_back(w)
    assert (status, problem["code"]) == (410, "step_over")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"success": "yes"}',
        b'{"success": 1}',
        b"\xff",
        b"[" * 10_000,
        b'{"success": true, "mdMessage": "' + b"x" * 4001 + b'"}',
        b'{"success": true, "mdMessage": 3}',
    ],
    ids=range(10),
)
async def test_bad_body_is_told(memory: Open, text: bytes) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await committed(w, Phase.WAITING)
        status, problem = await posted(w, text)
    assert (status, problem["code"]) == (400, "invalid_body")
    assert '{"success": true' in problem["detail"]


async def test_large_body_is_refused(memory: Open) -> None:
    async def pieces() -> Any:
        for _ in range(100):
            yield b"x" * 1024

    async with memory() as p, world(p.store, p.bus) as w:
        await committed(w, Phase.WAITING)
        assert (await posted(w, b"x" * 70_000))[0] == 413
        assert (await posted(w, pieces()))[0] == 413


async def posted(w: World, body: Any) -> tuple[int, Any]:
    url = f"{w.url}/api/v1/callbacks/{TOKENS.token(KEY)}/callback"
    headers = {"Authorization": f"Bearer {w.token()}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status, await response.json(content_type=None)
