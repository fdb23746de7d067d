"""What each child is: its command, and everything it is told through its environment. Pure."""

import sys
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from cli.local.children import Child
from cli.local.layout import CLUSTERS, Bootstrap, Layout

MINIMUM_TIMEOUT_SECONDS = 5
"""On one's own machine nobody wants to wait a minute to see a rollout give up."""


OUTSIDE = "cluster"
"""The name of the agent of a cluster that somebody else runs."""


class Outside(Struct, frozen=True):
    """A cluster that somebody else runs, and all of it that may be touched."""

    kubeconfig: Path
    context: str
    namespaces: tuple[str, ...]


class Machine(Struct, frozen=True):
    """The folder, the ports, and the environment that the children start from."""

    layout: Layout
    ports: Mapping[str, int]
    environ: Mapping[str, str]
    outside: Outside | None = None
    """Used instead of sandboxes."""

    @property
    def sandboxes(self) -> tuple[str, ...]:
        return () if self.outside else CLUSTERS

    @property
    def agents(self) -> tuple[str, ...]:
        return (OUTSIDE,) if self.outside else CLUSTERS

    @property
    def kubeconfigs(self) -> dict[str, str]:
        if self.outside:
            return {OUTSIDE: str(self.outside.kubeconfig)}
        return {name: str(self.layout.kubeconfig(name)) for name in CLUSTERS}

    @property
    def server(self) -> str:
        return f"http://127.0.0.1:{self.ports['http']}"


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """Without settings of ours: what a person set for the command line is not meant for its children."""
    return {name: value for name, value in environ.items() if not name.startswith("FAIRLEAD_")}


def services(machine: Machine, nats_url: str) -> Child:
    settings = {
        "PROFILE": "development",
        "STATE_DIR": str(machine.layout.folder),
        "NATS_URL": nats_url,
        "HTTP_ADDRESS": f"127.0.0.1:{machine.ports['http']}",
        "GATEWAY_ADDRESS": f"127.0.0.1:{machine.ports['gateway']}",
        "BOOTSTRAP_AGENTS": ",".join(machine.agents),
        "INTAKE_MINIMUM_TIMEOUT_SECONDS": str(MINIMUM_TIMEOUT_SECONDS),
    }
    return _child(machine, "services", ("-m", "services"), settings)


def cluster(machine: Machine, name: str) -> Child:
    arguments = (
        "-m",
        "sandbox",
        "--port",
        str(machine.ports[name]),
        "--kubeconfig",
        str(machine.layout.kubeconfig(name)),
        "--state-dir",
        str(machine.layout.cluster(name)),
    )
    return _child(machine, f"cluster-{name}", arguments, {})


def agent(machine: Machine, name: str, bootstrap: Bootstrap) -> Child:
    settings = {
        "PROFILE": "development",
        "STATE_DIR": str(machine.layout.folder / f"agent-{name}"),
        "HTTP_ADDRESS": "127.0.0.1:0",
        "AGENT_GATEWAY": bootstrap.gateway,
        "AGENT_AUTHORITY": bootstrap.ca,
        "AGENT_TOKEN_URL": f"{bootstrap.issuer.rstrip('/')}/oauth/token",
        "AGENT_CLIENT_ID": bootstrap.agents[name].client_id,
        "AGENT_CLIENT_SECRET": bootstrap.agents[name].client_secret,
        "AGENT_KUBECONFIG": machine.kubeconfigs[name],
        # What runs on this machine is near the agent too: webhooks and queries may go through it.
        "AGENT_HOSTS": "127.0.0.1,localhost",
    }
    if machine.outside:
        settings["AGENT_KUBE_CONTEXT"] = machine.outside.context
        settings["AGENT_NAMESPACES"] = ",".join(machine.outside.namespaces)
    return _child(machine, f"agent-{name}", ("-m", "agent"), settings)


def _child(machine: Machine, name: str, arguments: tuple[str, ...], settings: Mapping[str, str]) -> Child:
    told = {f"FAIRLEAD_{key}": value for key, value in settings.items()}
    return Child(name, (sys.executable, *arguments), {**machine.environ, **told}, machine.layout.log(name))
