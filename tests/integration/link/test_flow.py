"""Large answers, watches, credit, cancellation, and an agent that has too much to do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from agent.verbs import HEARTBEAT_SECONDS
from libs.kube.link import Linked
from libs.kube.status import KubeError
from libs.link.bus import BusLink
from libs.link.port import Busy, Lost, Refused, Unreachable
from libs.messages.agent import FRAME_BYTES, Ask
from libs.runtime.http import serve as serve_http
from sandbox.kubeconfig import kubeconfig as kubeconfig_for
from sandbox.server import Sandbox
from tests.integration.link.plane import AGENT, TENANT, Plane, linked
from tests.integration.link.proxy import proxied

MAPS = "/api/v1/namespaces/default/configmaps"


def a_map(name: str, size: int = 10) -> bytes:
    return msgspec.json.encode(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": "x" * size}}
    )


async def test_write_reaches_cluster(the_plane: Plane, kubeconfig: Path, sandbox: Sandbox) -> None:
    async with linked(the_plane, kubeconfig) as link:
        cluster = Linked(link, TENANT, AGENT)
        made = await cluster.request("POST", MAPS, a_map("m", 500_000))
        read = await cluster.request("GET", f"{MAPS}/m")
    assert (made.status, len(msgspec.json.decode(read.body)["data"]["text"])) == (201, 500_000)


async def test_long_answer_comes_in_pieces(the_plane: Plane, kubeconfig: Path) -> None:
    async with linked(the_plane, kubeconfig) as link:
        cluster = Linked(link, TENANT, AGENT)
        for number in range(6):
            await cluster.request("POST", MAPS, a_map(f"m{number}", 400_000))
        answer = await link.ask(TENANT, AGENT, Ask("request", 20_000, path=MAPS, credit=2))
    assert len(answer.body) > 6 * 400_000 > 8 * FRAME_BYTES
    assert len(msgspec.json.decode(answer.body)["items"]) >= 6


async def test_watch_shows_changes(the_plane: Plane, kubeconfig: Path) -> None:
    async with linked(the_plane, kubeconfig) as link:
        cluster = Linked(link, TENANT, AGENT)
        async with cluster.watch(f"{MAPS}?watch=true") as lines:
            await cluster.request("POST", MAPS, a_map("seen"))
            await _until_named(lines, "seen")


async def test_quiet_watch_has_heartbeats(the_plane: Plane, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.verbs.HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr("libs.link.answer.SILENCE_SECONDS", 0.5)
    assert HEARTBEAT_SECONDS == 10
    path = f"{MAPS}?watch=true&labelSelector=none%3Dhere"
    async with linked(the_plane, kubeconfig) as link, Linked(link, TENANT, AGENT).watch(path) as lines:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(lines), 1.2)


async def test_watch_that_is_not_renewed_ends(
    the_plane: Plane, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.link.bus.RENEW_SECONDS", 60)
    async with linked(the_plane, kubeconfig) as link:
        with pytest.raises(Lost, match="not renewed"):
            await _watch_to_the_end(link, timeout_ms=300)


async def test_refused_watch_raises_its_status(the_plane: Plane, kubeconfig: Path) -> None:
    async with linked(the_plane, kubeconfig) as link:
        with pytest.raises(KubeError) as refusal:
            await _enter_watch(Linked(link, TENANT, AGENT), "/apis/none.example/v1/things?watch=true")
    assert refusal.value.status == 404


async def test_overloaded_agent_is_busy(
    the_plane: Plane, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.limits.PATIENCE_SECONDS", 0.1)
    async with proxied(sandbox.url.removeprefix("http://")) as proxy:
        path = tmp_path / "stalling"
        path.write_text(kubeconfig_for(f"http://{proxy.address}"))
        async with linked(the_plane, path, agent_requests_open=1) as link, asyncio.TaskGroup() as group:
            proxy.stall()
            first = group.create_task(link.ask(TENANT, AGENT, Ask("request", 10_000, path="/version")))
            await proxy.held.wait()
            with pytest.raises(Busy):
                await link.ask(TENANT, AGENT, Ask("request", 10_000, path="/version"))
            proxy.flow()
            assert (await first).status == 200


async def test_cancelled_watch_frees_its_slot(the_plane: Plane, kubeconfig: Path) -> None:
    async with linked(the_plane, kubeconfig, agent_watches_open=1) as link:
        for _ in range(3):
            async with Linked(link, TENANT, AGENT).watch(f"{MAPS}?watch=true"):
                pass


async def test_absent_cluster_is_unreachable(the_plane: Plane, tmp_path: Path) -> None:
    path = tmp_path / "nowhere"
    path.write_text(kubeconfig_for("http://127.0.0.1:9"))
    async with linked(the_plane, path) as link:
        with pytest.raises(Unreachable, match="cannot connect to"):
            await link.ask(TENANT, AGENT, Ask("request", 5000, path="/version"))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (Ask("request", 5000, path="/api/v1/namespaces/default/pods/a/exec"), "never"),
        (Ask("request", 5000, path=f"{MAPS}?watch=true"), "watch"),
        (Ask("call", 5000, path="http://127.0.0.1:1/"), "FAIRLEAD_AGENT_HOSTS"),
        (Ask("invent", 5000), "does not know the verb"),
        (Ask("request", 0, path="/version"), "timeout"),
        (Ask("request", 5000, path="/version", credit=0), "credit"),
        (Ask("request", 5000, path="/" + "x" * 20_000), "too long"),
        (Ask("request", 5000, path="/version", headers={str(n): "" for n in range(100)}), "too long"),
        (Ask("request", 5000, "POST", MAPS, body=b"x" * 800_000), "bytes"),
    ],
)
async def test_forbidden_ask_is_refused(the_plane: Plane, kubeconfig: Path, ask: Ask, words: str) -> None:
    async with linked(the_plane, kubeconfig) as link:
        with pytest.raises(Refused, match=words):
            # A timeout of nothing would end the asking before it begins.
            await (link.ask(TENANT, AGENT, ask) if ask.timeout_ms else _ask_raw(link, ask))


async def test_call_reaches_a_listed_host(the_plane: Plane, kubeconfig: Path, sandbox: Sandbox) -> None:
    host = sandbox.url.removeprefix("http://")
    async with linked(the_plane, kubeconfig, agent_hosts=(host,)) as link:
        answer = await link.ask(TENANT, AGENT, Ask("call", 5000, path=f"{sandbox.url}/version"))
    assert (answer.status, b"gitVersion" in answer.body) == (200, True)


async def test_call_does_not_follow_a_redirect(the_plane: Plane, kubeconfig: Path) -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:1/secret")

    app = web.Application()
    app.add_routes([web.get("/", elsewhere)])
    async with (
        serve_http(app, "127.0.0.1:0") as port,
        linked(the_plane, kubeconfig, agent_hosts=(f"127.0.0.1:{port}",)) as link,
    ):
        answer = await link.ask(TENANT, AGENT, Ask("call", 5000, path=f"http://127.0.0.1:{port}/"))
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:1/secret")


async def test_older_epoch_is_refused(the_plane: Plane, kubeconfig: Path) -> None:
    def write(epoch: int, name: str) -> Ask:
        headers = {"Content-Type": "application/json"}
        return Ask("request", 5000, "POST", MAPS, headers, a_map(name), fence_target="t", fence_epoch=epoch)

    async with linked(the_plane, kubeconfig) as link:
        assert (await link.ask(TENANT, AGENT, write(5, "five"))).status == 201
        with pytest.raises(Refused, match="epoch 4"):
            await link.ask(TENANT, AGENT, write(4, "four"))


async def test_borrowed_identity_is_not_passed_on(the_plane: Plane, tmp_path: Path) -> None:
    async def heard(request: web.Request) -> web.Response:
        return web.json_response(sorted(name.lower() for name in request.headers))

    app = web.Application()
    app.add_routes([web.get("/version", heard)])
    path = tmp_path / "hearing"
    borrowed = {
        "Impersonate-User": "admin",
        "Authorization": "Bearer stolen",
        "X-Remote-User": "admin",
        "Accept": "*/*",
    }
    async with serve_http(app, "127.0.0.1:0") as port:
        path.write_text(kubeconfig_for(f"http://127.0.0.1:{port}"))
        async with linked(the_plane, path) as link:
            answer = await link.ask(TENANT, AGENT, Ask("request", 5000, path="/version", headers=borrowed))
    passed = set(msgspec.json.decode(answer.body, type=list[str]))
    assert "accept" in passed
    assert not passed & {"impersonate-user", "authorization", "x-remote-user"}


async def _watch_to_the_end(link: BusLink, timeout_ms: int) -> None:
    ask = Ask("watch", timeout_ms, path=f"{MAPS}?watch=true&labelSelector=none%3Dhere")
    async with link.stream(TENANT, AGENT, ask) as stream:
        async for _ in stream:
            pass


async def _until_named(lines: AsyncIterator[bytes], name: str) -> None:
    async with asyncio.timeout(10):
        async for line in lines:
            if msgspec.json.decode(line)["object"]["metadata"]["name"] == name:
                return


async def _enter_watch(cluster: Linked, path: str) -> None:
    async with cluster.watch(path):
        pass


async def _ask_raw(link: BusLink, ask: Ask) -> Any:
    async with link.stream(TENANT, AGENT, ask):
        pass
