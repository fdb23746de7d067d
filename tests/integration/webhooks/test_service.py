"""The whole service: from the order to call to the outcome, on the twin and on JetStream."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from libs.auth.callbacks import CallbackTokens
from libs.messages.webhook import (
    CallBack,
    CallBackRefused,
    CancelWebhook,
    WebhookCalled,
    WebhookCancelled,
    WebhookFailed,
    WebhookHindered,
    WebhookSucceeded,
)
from libs.runtime.nats_server import NatsServer
from libs.runtime.sealing import sealing_key
from libs.spec.model import Header, Webhook
from libs.webhook.state import Phase
from tests.integration.conftest import Open
from tests.integration.webhooks.callee import Callee, callee
from tests.integration.webhooks.world import KEY, PLACE, PUBLIC, RUN, World, a_process, process_of_its_own, serving
from tests.waiting import eventually

HUSH = 'a "very" secret/token'


def plain(url: str, **changes: Any) -> Webhook:
    """One that wants no callback."""
    return Webhook(**{"uri": url, "calls_back": False, **changes})


def succeeded(message: str, by: str = "") -> WebhookSucceeded:
    return WebhookSucceeded(target="prod", place=PLACE, name="tests", message=message, by=by)


def failed(reason: str) -> WebhookFailed:
    return WebhookFailed(target="prod", place=PLACE, name="tests", reason=reason)


@pytest.mark.feature("F99", "F116")
async def test_fire_and_forget_succeeds(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee(204) as server:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w):
            await w.start(plain(server.url))
            assert await w.hears(WebhookSucceeded) == succeeded("answered with 204")
        assert len(server.asked) == 1


@pytest.mark.feature("F50", "F51", "F110", "F114", "F118", "F119", "F135")
async def test_called_with_values_and_waited_for(ports: Open, tmp_path: Path) -> None:
    webhook_body = (
        '{"callback": "{{armory.callbackUri}}/callback", "app": "{{armory.applicationName}}", '
        '"target": "{{armory.environmentName}}", "agent": "{{armory.accountName}}", "id": "{{armory.deploymentId}}", '
        '"version": "{{armory.replicaSetName}}", "owner": "{{context.owner}}", "team": "{{context.team}}"}'
    )
    async with ports() as p, callee(200) as server:
        w = World(p.store, p.bus, tmp_path)
        w.secret("ci-token", "hush-hush\n")
        async with serving(w):
            headers = (Header("Authorization", "Bearer {{secrets.ci-token}}"),)
            await w.start(Webhook(uri=f"{server.url}/run", headers=headers, body=webhook_body), {"team": "blue"})
            assert (await w.hears(WebhookCalled)).status == 200
            await w.say(CallBack(run=RUN, success=True, message="all green", by="ci"))
            assert await w.hears(WebhookSucceeded) == succeeded("all green", "ci")
    (asked,) = server.asked
    assert asked.headers["authorization"] == "Bearer hush-hush"
    key = sealing_key(a_process(tmp_path).settings, a_process(tmp_path).random)
    token = CallbackTokens(key).token(KEY.of_target(RUN))
    assert json.loads(asked.body) == {
        "callback": f"{PUBLIC}/api/v1/callbacks/{token}/callback",
        "app": "shop",
        "target": "prod",
        "agent": "prod-eu",
        "id": KEY.deployment,
        "version": "web-6d5f",
        "owner": "gate",
        "team": "blue",
    }


@pytest.mark.feature("F113")
async def test_failures_are_called_again(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee(500, 200) as server:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w):
            await w.start(plain(server.url, retries=2))
            hindered = await w.hears(WebhookHindered)
            assert hindered.reason == "attempt 1 of 3: Received non-2xx status code: 500; called again in 1 s"
            assert await w.hears(WebhookSucceeded) == succeeded("answered with 200")
        first, second = server.asked
        assert first.headers["x-fairlead-delivery"] != second.headers["x-fairlead-delivery"]


@pytest.mark.parametrize("status", [429, 503])
async def test_long_retry_after_is_not_waited_for(memory: Open, tmp_path: Path, status: int) -> None:
    async def asks_for_a_year(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": "31536000"})

    async with memory() as p, callee(asks_for_a_year, 200) as server:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w):
            await w.start(plain(server.url, retries=1))
            assert (await w.hears(WebhookHindered)).reason.endswith("called again in 1 s")
            assert await w.hears(WebhookSucceeded) == succeeded("answered with 200")


@pytest.mark.feature("F113", "F120")
async def test_refusal_is_not_called_again(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee(404) as server:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w):
            await w.start(plain(server.url, retries=5))
            assert await w.hears(WebhookFailed) == failed("attempt 1 of 6: Received non-2xx status code: 404")
        assert len(server.asked) == 1


async def test_secrets_are_seen_nowhere(memory: Open, tmp_path: Path) -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(status=500, text=f"{dict(request.headers)} {request.path_qs} {await request.text()}")

    async with memory() as p, callee(echo) as server:
        w = World(p.store, p.bus, tmp_path)
        w.secret("token", HUSH)
        w.secret("path", f"{server.url}/hidden-path?key=hidden-key")
        with capture_logs() as logs:
            async with serving(w):
                headers = (Header("X-Token", "{{secrets.token}}"),)
                await w.start(plain("{{secrets.path}}", headers=headers, body='"{{secrets.token}}"', retries=1))
                told = await w.hears(WebhookFailed)
        seen = await w.everything_stored() + str(told) + str(logs)
    assert server.asked[0].headers["x-token"] == HUSH
    for part in (HUSH, "hidden-path", "hidden-key", " secret/token", json.dumps(HUSH)[1:-1]):
        assert part not in seen
    assert "***" in told.reason


@pytest.mark.parametrize(
    ("webhook", "reason"),
    [
        (plain("https://ci.test/{{context.nope}}"), "uriTemplate, line 1, column 17: {{context.nope}} has no value"),
        (plain("https://ci.test/{{secrets.nope}}"), "there is no secret 'nope'"),
        (plain("https://10.1.2.3/"), "not called: its host is at 10.1.2.3, which is not a public address"),
        (plain("ftp://ci.test/"), "uriTemplate gives no http or https address"),
    ],
)
async def test_what_cannot_be_called_fails_in_words(
    memory: Open, tmp_path: Path, webhook: Webhook, reason: str
) -> None:
    async with memory() as p:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w):
            await w.start(webhook)
            assert reason in (await w.hears(WebhookFailed)).reason


async def test_production_does_not_call_itself(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, callee() as server:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w, profile="production"):
            await w.start(plain(server.url))
            assert "FAIRLEAD_WEBHOOKS_ALLOW_PRIVATE" in (await w.hears(WebhookFailed)).reason
        assert server.asked == []
    async with memory() as p, callee() as server:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w, profile="production", webhooks_allow_private=("127.0.0.0/8",)):
            await w.start(plain(server.url))
            await w.hears(WebhookSucceeded)


async def test_ended_run_answers_again_and_refuses(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee(200) as server:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w):
            await w.start(Webhook(uri=server.url))
            await w.hears(WebhookCalled)
            await w.say(CallBack(run=RUN, success=False, message="3 red", by="ci"))
            assert await w.hears(WebhookFailed) == failed("ci called back that it failed: 3 red")
            await w.say(CallBack(run=RUN, success=True, by="ci"))
            refused = await w.hears(CallBackRefused)
            assert refused.reason == "ci has called back already; the webhook run has failed"


@pytest.mark.feature("F107")
async def test_cancelled_run_is_not_waited_for(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee(200) as server:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w):
            await w.start(Webhook(uri=server.url))
            await w.hears(WebhookCalled)
            await w.say(CancelWebhook(run=RUN))
            await w.hears(WebhookCancelled)
        assert (await w.run()).timers == {}


@pytest.mark.feature("F111", "F112")
async def test_absent_agent_is_waited_for(memory: Open, tmp_path: Path) -> None:
    async with memory() as p:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w):
            await w.start(plain("http://jenkins.internal/run", through_agent=True))
            hindered = await w.hears(WebhookHindered)
            assert hindered.reason.startswith("agent prod-eu cannot be asked: ")
        run = await w.run()
        assert (run.state.phase, run.state.attempt, "agent" in run.timers) == (Phase.CALLING, 1, True)


async def held(server: Callee) -> None:
    async with asyncio.timeout(20):
        await server.arrived.wait()


async def never(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def test_left_attempt_is_made_again(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee(never, 200) as server:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w, "webhooks-1"):
            await w.start(plain(server.url))
            await held(server)
        assert (await w.run()).state.attempt == 1
        async with serving(w, "webhooks-2"):
            assert await w.hears(WebhookSucceeded) == succeeded("answered with 200")
        first, second = server.asked
    assert first.headers["x-fairlead-delivery"] == second.headers["x-fairlead-delivery"]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


async def test_killed_process_is_followed_by_another(real: Open, server: NatsServer, tmp_path: Path) -> None:
    async with real() as p, callee(never, 204) as called:
        w = World(p.store, p.bus, tmp_path)
        async with process_of_its_own(tmp_path, server.url) as first:
            await w.start(plain(called.url))
            await held(called)
            first.kill()
        async with process_of_its_own(tmp_path, server.url):
            assert await w.hears(WebhookSucceeded) == succeeded("answered with 204")
    deliveries = {asked.headers["x-fairlead-delivery"] for asked in called.asked}
    assert (len(called.asked), len(deliveries)) == (2, 1)


async def test_runs_go_in_parallel(memory: Open, tmp_path: Path) -> None:
    """One that hangs does not hold the others back, and is not lost when the service stops."""
    async with memory() as p, callee(never) as slow, callee(200) as quick:
        w = World(p.store, p.bus, tmp_path)
        async with serving(w):
            await w.start(plain(slow.url))
            await held(slow)
            await w.say(CancelWebhook(run=RUN))
            await w.hears(WebhookCancelled)

            async def has_ended() -> bool:
                return (await w.run()).state.phase is Phase.CANCELLED

            await eventually(has_ended)
        assert quick.asked == []
