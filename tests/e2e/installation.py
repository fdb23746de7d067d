"""`fairlead up` in a folder of its own, killed and started again as a machine does it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec

from cli.local.children import Child, last_lines
from cli.options import UP_FILE, Up
from tests.e2e.person import PATIENCE, Person
from tests.e2e.processes import FAIRLEAD, Running, children_of, environment, is_alive
from tests.waiting import eventually


class Installation:
    """Everything that one `fairlead up` runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: Running

    async def start(self, *words: str) -> Person:
        """Start it, and return who may use it when it is ready for work."""
        child = self._child(*words)
        up_file = self.folder / UP_FILE
        up_file.unlink(missing_ok=True)  # one that was killed has left its own behind
        self._running = Running(child)

        async def is_ready() -> bool:
            assert self._running.is_alive, last_lines(child.log)
            return up_file.exists()

        await eventually(is_ready, PATIENCE)
        up = msgspec.json.decode(up_file.read_bytes(), type=Up)
        return Person(up.server, up.token)

    async def refused(self) -> str:
        """Start it, and return what it says when it gives that up by itself."""
        self._running = Running(self._child())
        logged = self._running.child.log.stat().st_size

        async def has_ended() -> bool:
            return not self._running.is_alive

        await eventually(has_ended, PATIENCE)
        return self._running.child.log.read_bytes()[logged:].decode()

    def pids(self) -> dict[int, str]:
        """Its children with their command lines."""
        return children_of(self._running.pid)

    async def kill(self) -> None:
        """SIGKILL to the parent alone; what it started must not outlive it."""
        children = self.pids()
        assert len(children) == 6, f"nats, services, two clusters, two agents: {children}"
        self._running.kill()

        async def all_dead() -> bool:
            return not any(map(is_alive, children))

        await eventually(all_dead, PATIENCE)

    def stop(self) -> int:
        return self._running.stop()

    def discard(self) -> None:
        if self._running.is_alive:
            self._running.kill()

    def _child(self, *words: str) -> Child:
        command = (str(FAIRLEAD), "up", *words)
        return Child("up", command, environment(STATE_DIR=str(self.folder)), self.folder / "up.log")

    def cluster(self, name: str) -> Path:
        return self.folder / "clusters" / name

    def cluster_url(self, name: str) -> str:
        ports: dict[str, int] = msgspec.json.decode((self.folder / "ports.json").read_bytes())
        return f"http://127.0.0.1:{ports[name]}"


@asynccontextmanager
async def installed(folder: Path) -> AsyncIterator[tuple[Installation, Person]]:
    installation = Installation(folder)
    try:
        yield installation, await installation.start()
    finally:
        installation.discard()


async def capacity_writes(cluster: str) -> list[tuple[int, int]]:
    """What requests from outside changed replica counts of existing ReplicaSets from and to, oldest first."""
    async with aiohttp.request("GET", f"{cluster}/sandbox/requests") as response:
        mutations = (await response.json())["mutations"]
    return [
        (one["replicas_before"], one["replicas_after"])
        for one in mutations
        if "/replicasets/" in one["path"]
        and one["status"] < 300
        and None not in (one.get("replicas_before"), one.get("replicas_after"))
        and one["replicas_before"] != one["replicas_after"]
    ]
