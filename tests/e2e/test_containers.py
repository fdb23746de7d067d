"""Every process on its own, as compose.yaml and k8s/ start it, with its own NATS user: a release goes through all."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web

from libs.api.view import AgentList
from tests.e2e.compose import Compose
from tests.e2e.containers import Container, Host, stopped
from tests.e2e.manifests import Manifests, rendered
from tests.e2e.person import PATIENCE, Person
from tests.e2e.processes import ROOT
from tests.integration.webhooks.callee import callee
from tests.sandbox.process import sandbox_process
from tests.waiting import eventually
from tools.secrets import make

pytestmark = pytest.mark.timeout(300)

AGENT = "trial"


def release(folder: Path, version: str, *, pause: bool = False, called: str = "") -> Path:
    """The example's shop, to the one cluster there is.

    With a pause it waits half way for a person; with an address to call, a webhook and an analysis decide half way.
    """
    if not folder.exists():
        shutil.copytree(ROOT / "examples" / "shop", folder)
    document = yaml.safe_load((folder / "v1.yml").read_text())
    document["targets"] = {AGENT: {"account": AGENT, "namespace": "shop", "strategy": "all-at-once"}}
    document["manifests"][-1] = {"path": f"manifests/{version}"}
    waiting = [{"pause": {"untilApproved": True}}] if pause else []
    deciding = deciders(document, called) if called else []
    document["strategies"]["all-at-once"]["canary"]["steps"][:0] = [{"setWeight": {"weight": 25}}, *waiting, *deciding]
    path = folder / f"{version}-only.yml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def deciders(document: dict[str, Any], url: str) -> list[dict[str, Any]]:
    """The steps, and in the document what they name."""
    hook = {
        "name": "tests",
        "method": "POST",
        "uriTemplate": f"{url}/hook",
        "networkMode": "direct",
        "disableCallback": True,
    }
    headers = [{"key": "Authorization", "value": "Bearer {{secrets.ci-token}}"}]
    document["webhooks"] = [hook | {"headers": headers, "bodyTemplate": {"inline": "{}"}}]
    query = {"name": "errors", "upperLimit": 1, "queryTemplate": "errors"}
    document["analysis"] = {"defaultMetricProviderName": "figures", "queries": [query]}
    once = {"interval": 2, "units": "seconds", "numberOfJudgmentRuns": 1, "queries": ["errors"]}
    return [{"runWebhook": {"name": "tests"}}, {"analysis": once}]


async def figures(request: web.Request) -> web.StreamResponse:
    """A provider that has one answer, and anybody else's address as well."""
    if not request.path.startswith("/api/v1/query"):
        return web.Response()
    value = {"metric": {}, "value": [1_800_000_000, "0"]}
    return web.json_response({"status": "success", "data": {"resultType": "vector", "result": [value]}})


async def person(host: Host, issuer: str, server: str, secret: str) -> Person:
    form = {"grant_type": "client_credentials", "client_id": "machine.main.admin", "client_secret": secret}
    async with aiohttp.request("POST", f"http://127.0.0.1:{host.port(issuer, 8080)}/oauth/token", data=form) as answer:
        assert answer.status == 200, await answer.text()
        return Person(f"http://127.0.0.1:{host.port(server, 8080)}", (await answer.json())["access_token"])


async def agent_is_connected(someone: Person) -> None:
    async def is_connected() -> bool:
        listed = await someone.get("/agents", AgentList)
        return listed is not None and any(one.name == AGENT and one.connected for one in listed.agents)

    await eventually(is_connected, PATIENCE)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of a cluster."""
    (tmp_path / "cluster").mkdir()
    with sandbox_process(tmp_path / "cluster"):
        yield tmp_path / "cluster" / "kubeconfig"


async def started(host: Host, nats: Container, bootstrap: Container, rest: list[Container]) -> None:
    """In the order that an engine is told to keep."""
    host.run_nats(nats)
    await host.ready(nats.name, "/healthz", 8222)
    host.finish(bootstrap)
    for container in rest:
        host.run(container)
    for container in rest:
        await host.ready(container.name)


async def released(someone: Person, folder: Path) -> None:
    """A first version, then one that a webhook and figures decide, of which somebody is told."""
    await agent_is_connected(someone)
    async with callee(figures) as outside:
        rule = {"name": "told", "kind": "webhook", "url": f"{outside.url}/told", "events": ["deployment.succeeded"]}
        provider = {"name": "figures", "type": "prometheus", "url": outside.url}
        config = folder.with_name("config.yml")
        config.write_text(yaml.safe_dump({"metricProviders": [provider], "notifications": [rule]}))
        done = await someone.fairlead("config", "apply", "-f", str(config))
        assert done.returncode == 0, done.stdout + done.stderr
        await someone.deployed(release(folder, "v1"))
        await someone.deployed(release(folder, "v2", called=outside.url))

        async def is_told() -> bool:
            return any(asked.path == "/told" for asked in outside.asked)

        await eventually(is_told, PATIENCE)
        hooks = [asked for asked in outside.asked if asked.path == "/hook"]
        assert [asked.headers["authorization"] for asked in hooks] == ["Bearer hush-hush"]


@pytest.mark.feature("F1", "F2", "F5", "F16")
async def test_release_goes_through_compose(tmp_path: Path, cluster: Path) -> None:
    make(tmp_path / "secrets", [AGENT])
    (tmp_path / "secrets/releases/main/ci-token").write_text("hush-hush\n")
    secret = (tmp_path / "secrets/clients/machine.main.admin").read_text()
    compose = Compose(tmp_path, cluster)
    host = Host(tmp_path / "host", compose.hosts, compose.published())
    apart = {"nats", "bootstrap"}
    rest = [compose.container(name) for name in compose.names if name not in apart]
    try:
        await started(host, compose.container("nats"), compose.container("bootstrap"), rest)
        await released(await person(host, "identity", "intake", secret), tmp_path / "shop")
        assert not host.says("nats", "violation"), "nobody says or hears more than it may"
    finally:
        await stopped(host)


@pytest.mark.feature("F1", "F2", "F5", "F16")
async def test_release_goes_through_trial(tmp_path: Path, cluster: Path) -> None:
    kept = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "fairlead-releases"}}
    releases = yaml.safe_dump(kept | {"data": {"ci-token": base64.b64encode(b"hush-hush").decode()}})
    found = Manifests(f"{rendered(tmp_path, 'overlays/trial', AGENT)}\n---\n{releases}", tmp_path / "volumes")
    secrets = tmp_path / "k8s/overlays/trial/secrets/clients"
    secret, agents = (secrets / "machine.main.admin").read_text(), secrets / f"agent.main.{AGENT}"
    host = Host(tmp_path / "host", found.hosts())
    services = [found.container("Deployment", name) for name in found.names("Deployment")]
    nats = found.container("StatefulSet", "fairlead-nats")
    try:
        await started(host, nats, found.container("Job", "fairlead-bootstrap"), [*services, an_agent(cluster, agents)])
        await released(await person(host, "fairlead-identity", "fairlead-intake", secret), tmp_path / "shop")
        assert not host.says("fairlead-nats", "violation"), "nobody says or hears more than it may"
    finally:
        await stopped(host)


def an_agent(kubeconfig: Path, secret: Path) -> Container:
    """In a cluster it has a ServiceAccount; here it is given a kubeconfig."""
    settings = {
        "PROFILE": "development",
        "HTTP_ADDRESS": "0.0.0.0:8080",
        "STATE_DIR": "/var/lib/fairlead",
        "AGENT_GATEWAY": "fairlead-gateway:8443",
        "AGENT_AUTHORITY": "/run/agent/ca.pem",
        "AGENT_TOKEN_URL": "http://fairlead-identity:8080/oauth/token",
        "AGENT_CLIENT_ID": f"agent.main.{AGENT}",
        "AGENT_CLIENT_SECRET_FILE": "/run/agent/secret",
        "AGENT_KUBECONFIG": "/run/agent/kubeconfig",
    }
    authority = secret.parent.parent / "gateway" / "ca.pem"
    files = {"/run/agent/ca.pem": authority, "/run/agent/secret": secret, "/run/agent/kubeconfig": kubeconfig}
    return Container("agent", ("agent",), {f"FAIRLEAD_{name}": value for name, value in settings.items()}, files)
