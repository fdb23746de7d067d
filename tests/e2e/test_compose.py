"""Every process on its own, as compose.yaml starts it, with its own NATS user: a release goes through all of them."""

import shutil
from pathlib import Path

import aiohttp
import pytest
import yaml

from libs.api.view import AgentList
from tests.e2e.compose import Compose
from tests.e2e.containers import Host, stopped
from tests.e2e.person import PATIENCE, Person
from tests.e2e.processes import ROOT
from tests.sandbox.process import sandbox_process
from tests.waiting import eventually
from tools.secrets import make

pytestmark = pytest.mark.timeout(300)

AGENT = "trial"


def release(folder: Path, version: str) -> Path:
    """The example's shop, to the one cluster there is."""
    if not folder.exists():
        shutil.copytree(ROOT / "examples" / "shop", folder)
    document = yaml.safe_load((folder / "v1.yml").read_text())
    document["targets"] = {AGENT: {"account": AGENT, "namespace": "shop", "strategy": "all-at-once"}}
    document["manifests"][-1] = {"path": f"manifests/{version}"}
    document["strategies"]["all-at-once"]["canary"]["steps"].insert(0, {"setWeight": {"weight": 25}})
    path = folder / f"{version}-only.yml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


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


async def test_release_goes_through_containers(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    make(tmp_path / "secrets", [AGENT])
    secret = (tmp_path / "secrets/clients/machine.main.admin").read_text()
    with sandbox_process(tmp_path / "cluster"):
        compose = Compose(tmp_path, tmp_path / "cluster" / "kubeconfig")
        host = Host(tmp_path / "host", compose.hosts, compose.published())
        try:
            host.run_nats(compose.container("nats"))
            await host.ready("nats", "/healthz", 8222)
            host.finish(compose.container("bootstrap"))
            rest = [name for name in compose.names if name not in {"nats", "bootstrap"}]
            for name in rest:
                host.run(compose.container(name))
            for name in rest:
                await host.ready(name)
            someone = await person(host, "identity", "intake", secret)
            await agent_is_connected(someone)
            await someone.deployed(release(tmp_path / "shop", "v1"))
            await someone.deployed(release(tmp_path / "shop", "v2"))
            assert not host.says("nats", "violation"), "nobody says or hears more than it may"
        finally:
            await stopped(host)
