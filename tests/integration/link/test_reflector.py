"""A view of a real collection, kept current through everything that breaks a watch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from libs.kube.direct import Direct
from libs.kube.discovery import Discovery, Resource, UnknownKind
from libs.kube.link import Linked
from libs.kube.port import Media, Transport
from libs.kube.reflector import Collection, Reflector
from libs.kube.status import checked
from libs.runtime.clock import system_random
from sandbox.server import Options, Sandbox, serve
from tests.integration.link.plane import AGENT, CLOCK, TENANT, Plane, agent_up_later, gateway_up, link_to, running
from tests.integration.link.proxy import Proxy, proxied
from tests.waiting import PATIENCE

MAPS = "/api/v1/namespaces/default/configmaps"


@asynccontextmanager
async def direct(url: str) -> AsyncIterator[Direct]:
    async def nobody() -> dict[str, str]:
        return {}

    async with aiohttp.ClientSession() as session:
        yield Direct(session, url, nobody)


@pytest.fixture
async def cluster(sandbox: Sandbox) -> AsyncIterator[Direct]:
    async with direct(sandbox.url) as transport:
        yield transport


@asynccontextmanager
async def reflecting(transport: Transport, **narrowed: str) -> AsyncIterator[Reflector]:
    reflector = Reflector(transport, Collection(MAPS, **narrowed), CLOCK, system_random())
    async with running(reflector.run()):
        yield reflector


async def make(cluster: Direct, name: str, **labels: str) -> None:
    value = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}
    checked(await cluster.request("POST", MAPS, msgspec.json.encode(value)))


async def mark(cluster: Direct, name: str, text: str) -> None:
    patch = msgspec.json.encode({"data": {"text": text}})
    checked(await cluster.request("PATCH", f"{MAPS}/{name}", patch, Media("application/merge-patch+json")))


async def until(reflector: Reflector, condition: Any, seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        with reflector.view.follow() as wake:
            while not condition():
                await wake.wait()


async def test_list_fills_the_view(cluster: Direct) -> None:
    await make(cluster, "one")
    async with reflecting(cluster) as reflector, asyncio.timeout(10):
        await reflector.synced()
        one = reflector.objects["one"]
    assert (one["kind"], one["apiVersion"], "managedFields" in one["metadata"]) == ("ConfigMap", "v1", False)


async def test_pages_are_put_together(cluster: Direct, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.kube.reflector.PAGE", 3)
    for number in range(10):
        await make(cluster, f"m{number}")
    async with reflecting(cluster) as reflector, asyncio.timeout(10):
        await reflector.synced()
        assert {f"m{number}" for number in range(10)} <= set(reflector.objects)


async def test_selector_narrows_the_view(cluster: Direct) -> None:
    await make(cluster, "mine", app="shop")
    await make(cluster, "other", app="bank")
    async with reflecting(cluster, labels="app=shop") as reflector, asyncio.timeout(10):
        await reflector.synced()
        assert set(reflector.objects) == {"mine"}


async def test_changes_follow(cluster: Direct) -> None:
    async with reflecting(cluster) as reflector:
        await make(cluster, "one")
        await until(reflector, lambda: "one" in reflector.objects)
        await mark(cluster, "one", "new")
        await until(reflector, lambda: reflector.objects["one"].get("data") == {"text": "new"})
        checked(await cluster.request("DELETE", f"{MAPS}/one"))
        await until(reflector, lambda: "one" not in reflector.objects)


async def test_cut_watch_goes_on(sandbox: Sandbox, cluster: Direct) -> None:
    async with _behind(sandbox) as (proxy, own), reflecting(own) as reflector:
        await until(reflector, lambda: reflector.is_synced)
        for number in range(5):
            proxy.cut()
            await make(cluster, f"m{number}")
            await until(reflector, lambda number=number: f"m{number}" in reflector.objects)


async def test_expired_version_is_listed_again() -> None:
    async with (
        serve(Options(nodes=1, history=20), CLOCK) as sandbox,
        direct(sandbox.url) as cluster,
        _behind(sandbox) as (proxy, own),
        reflecting(own) as reflector,
    ):
        await until(reflector, lambda: reflector.is_synced)
        proxy.refuse = True
        proxy.cut()
        for number in range(60):
            await make(cluster, f"m{number}")
        proxy.refuse = False
        await until(reflector, lambda: "m59" in reflector.objects, 30)
        assert len([name for name in reflector.objects if name.startswith("m")]) == 60


async def test_view_says_since_when_it_is_stale(sandbox: Sandbox) -> None:
    async with _behind(sandbox) as (proxy, own), reflecting(own) as reflector:
        await until(reflector, lambda: reflector.is_synced)
        proxy.refuse = True
        proxy.cut()
        await until(reflector, lambda: not reflector.is_synced)
        assert reflector.since is not None
        assert reflector.failure
        proxy.refuse = False
        reflector.nudge()
        await until(reflector, lambda: reflector.is_synced)
        assert reflector.since is None


async def test_view_over_an_agent_survives_its_gateway(the_plane: Plane, sandbox: Sandbox, kubeconfig: Path) -> None:
    async with (
        link_to(the_plane) as link,
        direct(sandbox.url) as cluster,
        reflecting(Linked(link, TENANT, AGENT)) as reflector,
        agent_up_later(the_plane, kubeconfig),
    ):
        async with gateway_up(the_plane):
            await make(cluster, "one")
            await until(reflector, lambda: "one" in reflector.objects, 30)
        await until(reflector, lambda: not reflector.is_synced)
        await make(cluster, "two")
        async with gateway_up(the_plane):
            await until(reflector, lambda: "two" in reflector.objects, 40)


async def test_many_followers_are_woken_by_name(cluster: Direct) -> None:
    for number in range(50):
        await make(cluster, f"m{number}")
    async with reflecting(cluster) as reflector:
        await until(reflector, lambda: reflector.is_synced)
        with reflector.view.follow("m7") as seven, reflector.view.follow("m8") as eight:
            await mark(cluster, "m7", "new")
            async with asyncio.timeout(10):
                assert await seven.wait() == {"m7"}
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(eight.wait(), 0.05)


async def test_kinds_are_found(cluster: Direct) -> None:
    discovery = Discovery(cluster)
    assert await discovery.resource("apps/v1", "Deployment") == Resource("apps/v1", "deployments", True)
    node = await discovery.resource("v1", "Node")
    assert (node.path(name="n1"), node.is_namespaced) == ("/api/v1/nodes/n1", False)


@pytest.mark.parametrize(("version", "kind"), [("none.example/v1", "Thing"), ("v1", "Thing")])
async def test_unknown_kind_is_said(cluster: Direct, version: str, kind: str) -> None:
    with pytest.raises(UnknownKind, match="Thing"):
        await Discovery(cluster).resource(version, kind)


@asynccontextmanager
async def _behind(sandbox: Sandbox) -> AsyncIterator[tuple[Proxy, Direct]]:
    async with proxied(sandbox.url.removeprefix("http://")) as proxy, direct(f"http://{proxy.address}") as transport:
        yield proxy, transport
