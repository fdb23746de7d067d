"""NATS as a cluster of three, with TLS between the nodes and a user for each process: one node dies, work goes on."""

from pathlib import Path

import aiohttp
import msgspec
import pytest

from libs.api.view import DeploymentView
from libs.bus.pull import STREAM
from tests.e2e.containers import Container, Host, stopped
from tests.e2e.manifests import Manifests, rendered
from tests.e2e.person import PATIENCE, Person, target
from tests.e2e.processes import ROOT
from tests.e2e.test_containers import AGENT, agent_is_connected, an_agent, cluster, person, release
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(400)

NODES = tuple(f"fairlead-nats-{number}" for number in range(3))
URL = ",".join(f"nats://{node}.fairlead-nats:4222" for node in NODES)

__all__ = ("cluster",)


def node(name: str, secrets: Path) -> Container:
    """As the StatefulSet starts it."""
    passwords = dict(line.split("=", 1) for line in (secrets / "nats.env").read_text().splitlines())
    files = {f"/etc/nats-tls/{file.name}": file for file in (secrets / "nats").iterdir()}
    files |= {f"/etc/nats/{file}": ROOT / "k8s/nats" / file for file in ("cluster.conf", "users.conf")}
    return Container(name, ("-c", "/etc/nats/cluster.conf"), passwords | {"POD_NAME": name}, files)


def three(container: Container) -> Container:
    """The same process, told of three nodes."""
    settings = {"FAIRLEAD_NATS_URL": URL, "FAIRLEAD_NATS_REPLICAS": "3"}
    return msgspec.structs.replace(container, environ={**container.environ, **settings})


def half_way(view: DeploymentView) -> bool:
    return any(step.kind in ("pause", "approval") and step.state == "current" for step in target(view, AGENT).steps)


async def approved(someone: Person, deployment: str) -> None:
    """Until it is accepted: while the nodes elect a leader the answer is, in words, that nothing was."""

    async def is_accepted() -> bool:
        done = await someone.fairlead("deploy", "approve", "-i", deployment)
        assert done.returncode == 0 or "nothing was accepted" in done.stderr, done.stdout + done.stderr
        return done.returncode == 0

    await eventually(is_accepted, PATIENCE)


async def leader(host: Host) -> str:
    """Which node leads the stream that holds everything."""
    url = f"http://127.0.0.1:{host.port(NODES[0], 8222)}/jsz?streams=true"
    async with aiohttp.request("GET", url) as answer:
        (account,) = (await answer.json())["account_details"]
    (stream,) = (one for one in account["stream_detail"] if one["name"] == STREAM)
    return str(stream["cluster"]["leader"])


async def test_work_goes_on_without_the_leader(tmp_path: Path, cluster: Path) -> None:
    found = Manifests(rendered(tmp_path, "overlays/trial", AGENT), tmp_path / "volumes")
    secrets = tmp_path / "k8s/overlays/trial/secrets"
    secret = (secrets / "clients/machine.main.admin").read_text()
    host = Host(tmp_path / "host", found.hosts() | {f"{name}.fairlead-nats": name for name in NODES})
    services = [three(found.container("Deployment", name)) for name in found.names("Deployment")]
    rest = [*services, an_agent(cluster, secrets / f"clients/agent.main.{AGENT}")]
    try:
        for name in NODES:
            host.run_nats(node(name, secrets))
        for name in NODES:
            await host.ready(name, "/healthz", 8222)
        host.finish(three(found.container("Job", "fairlead-bootstrap")))
        for container in rest:
            host.run(container)
        for container in rest:
            await host.ready(container.name)
        someone = await person(host, "fairlead-identity", "fairlead-intake", secret)
        await agent_is_connected(someone)
        await someone.deployed(release(tmp_path / "shop", "v1"))
        deployment = await someone.start(release(tmp_path / "shop", "v2", pause=True))
        await someone.sees(deployment, lambda view: bool(view.targets) and half_way(view))
        host.kill(await leader(host))
        await approved(someone, deployment)
        code, story = await someone.story(deployment)
        assert code == 0, story
    finally:
        await stopped(host)
