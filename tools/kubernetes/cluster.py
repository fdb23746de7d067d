"""One running cluster: the real control plane on loopback, and nodes on which pods are only said to run."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from libs.runtime.nats_server import dies_with
from libs.runtime.port import free_ports
from tools.kubernetes import commands
from tools.kubernetes.api import Api, Refused
from tools.kubernetes.commands import Place, Ports
from tools.kubernetes.keys import make_keys

API_SERVER = "kube-apiserver"
START_SECONDS = 120.0
"""It takes four; a machine that does much else may need longer."""
_LOG_LINES = 12


class Failed(Exception):
    """A program of the cluster ended, or never became ready; the text holds the end of its log."""


class Cluster:
    """etcd, API server, controllers, scheduler and kwok, in a folder and on ports of their own.

    `start` it from the thread that lives as long as it should; `stop` it in any case.
    """

    def __init__(self, programs: Path, folder: Path, nodes: int = 3) -> None:
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        ports = Ports(*free_ports(4))
        keys = make_keys(folder / "keys", f"https://127.0.0.1:{ports.api}")
        self._place = Place(programs, folder, ports, keys)
        self._nodes = nodes
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.api = Api(keys.server, keys.admin, keys.certificates.authority)
        """As the administrator, who may do everything."""

    @property
    def url(self) -> str:
        return self._place.keys.server

    @property
    def authority(self) -> Path:
        """The certificate that vouches for it."""
        return self._place.keys.certificates.authority

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self._place.keys.kubeconfig("admin")

    @property
    def audit_log(self) -> Path:
        return self._place.audit_log

    @property
    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._children.items()}

    async def start(self) -> None:
        """Return when pods that are made in the namespace `default` come up."""
        commands.write_configs(self._place)
        async with asyncio.timeout(START_SECONDS):
            await self._start_programs()
            for number in range(1, self._nodes + 1):
                await self.api.ask("POST", "/api/v1/nodes", _node(f"node-{number}"))
            await self._until(self._is_whole)

    async def back_up(self, backup: Path) -> None:
        """Keep what etcd holds: everything stops for it, and goes on."""
        self.stop()
        shutil.copytree(self._place.etcd_data, backup)
        async with asyncio.timeout(START_SECONDS):
            await self._start_programs()

    async def restore(self, backup: Path) -> None:
        """Go back to what was kept, as an operator does: everything is stopped, and starts on the older data."""
        self.stop()
        shutil.rmtree(self._place.etcd_data)
        shutil.copytree(backup, self._place.etcd_data)
        async with asyncio.timeout(START_SECONDS):
            await self._start_programs()

    def stop(self) -> None:
        """At once: nothing of what it holds is to outlive it."""
        for name in tuple(self._children):
            self.kill(name)

    def kill(self, name: str) -> None:
        """One program, without warning, as a crash would."""
        child = self._children.pop(name)
        child.kill()
        child.wait()

    async def revive_apiserver(self) -> None:
        """After it was killed; everything that it knew is in etcd.

        Returns when the controllers work again as well: each of them asks less and less often while nobody answers.
        """
        async with asyncio.timeout(START_SECONDS):
            self._run(API_SERVER, commands.apiserver(self._place))
            await self._until(self.api.is_ready)
            await self._serves_namespaces()
            await self._serves_namespaces()  # the first may have been listed, the second was heard of

    async def account(self, namespace: str, name: str) -> str:
        """A token of a ServiceAccount that is there."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 86400}}
        return str((await self.api.ask("POST", path, asked))["status"]["token"])

    def write_kubeconfig(self, name: str, token: str) -> Path:
        """For whoever holds the token."""
        return self._place.keys.write_kubeconfig(name, token)

    async def _start_programs(self) -> None:
        place = self._place
        self._run("etcd", commands.etcd(place))
        await self._until(lambda: _answers(f"{place.etcd}/health"))
        self._run(API_SERVER, commands.apiserver(place))
        await self._until(self.api.is_ready)
        self._run("kube-controller-manager", commands.controllers(place))
        self._run("kube-scheduler", commands.scheduler(place))
        self._run("kwok", commands.kwok(place))
        await self._until(lambda: _answers(f"{place.kwok}/healthz"))

    def _run(self, name: str, command: tuple[str, ...]) -> None:
        with self._place.log(name).open("ab") as log:
            self._children[name] = subprocess.Popen(
                command,
                cwd=self._place.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # What a person set for their own Go programs or clusters is not meant for these.
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(self._place.folder)},
                preexec_fn=dies_with(os.getpid()),
            )

    async def _until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        while not await is_so():
            for name, child in self._children.items():
                if child.poll() is not None:
                    end = self._place.log(name).read_text(errors="replace").splitlines()[-_LOG_LINES:]
                    raise Failed(f"{name} ended with {child.returncode}:\n" + "\n".join(end))
            await asyncio.sleep(0.05)

    async def _is_whole(self) -> bool:
        """Every node is ready, and the account that pods need is there."""
        nodes = (await self.api.ask("GET", "/api/v1/nodes"))["items"]
        return await self._has_account("default") and all(map(_is_ready, nodes))

    async def _serves_namespaces(self) -> None:
        made = {"metadata": {"generateName": "revived-"}}
        name = (await self.api.ask("POST", "/api/v1/namespaces", made))["metadata"]["name"]
        await self._until(partial(self._has_account, name))
        await self.api.ask("DELETE", f"/api/v1/namespaces/{name}")

    async def _has_account(self, namespace: str) -> bool:
        try:
            await self.api.ask("GET", f"/api/v1/namespaces/{namespace}/serviceaccounts/default")
        except Refused:
            return False
        return True


@asynccontextmanager
async def cluster(programs: Path, folder: Path, nodes: int = 3) -> AsyncIterator[Cluster]:
    """A cluster that is ready for work while entered."""
    running = Cluster(programs, folder, nodes)
    try:
        await running.start()
        yield running
    finally:
        await asyncio.to_thread(running.stop)


async def _answers(url: str) -> bool:
    try:
        async with aiohttp.request("GET", url) as response:
            return response.status == 200
    except (aiohttp.ClientError, OSError):
        return False


def _node(name: str) -> dict[str, Any]:
    room = {"cpu": "64", "memory": "256Gi", "pods": "500"}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "status": {"allocatable": room, "capacity": room},
    }


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
