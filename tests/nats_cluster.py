"""Three nats-server processes as one cluster, on loopback: what production stands on, without its TLS and users."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

from libs.bus.connection import connect
from libs.durable.ports import Unavailable
from libs.runtime.clock import system_random
from libs.runtime.nats_server import dies_with, executable
from libs.runtime.port import free_port
from tests.waiting import eventually

NODES = 3

_CONFIG = """\
server_name: n{number}
listen: "127.0.0.1:{port}"
log_file: {log}
max_payload: 1MB
jetstream {{
  store_dir: {store}
  sync_interval: always
  limits {{ batch {{ max_inflight_per_stream: 400, max_inflight_total: 2000, timeout: "2s" }} }}
}}
cluster {{
  name: fairlead
  listen: "127.0.0.1:{route}"
  routes: {routes}
}}
"""


class NatsCluster:
    """Start it once; end it with `kill`."""

    def __init__(self, folder: Path, program: Path | None = None) -> None:
        self._folder = folder
        self._program = program or executable()
        self._ports = [free_port() for _ in range(NODES)]
        self._routes = [free_port() for _ in range(NODES)]
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def urls(self) -> list[str]:
        return [f"nats://127.0.0.1:{port}" for port in self._ports]

    async def start(self) -> None:
        """Return when the three have a leader between them."""
        for number in range(NODES):
            self.start_node(number)
        async with asyncio.timeout(60), connect(self.urls, "starting", system_random()) as connection:

            async def is_led() -> bool:
                try:
                    await connection.ask("INFO", {}, object)
                except Unavailable:
                    return False
                return True

            await eventually(is_led)

    def kill(self) -> None:
        for number in tuple(self._children):
            self.kill_node(number)

    def start_node(self, number: int) -> None:
        self._children[number] = self._run(number)

    def upgrade_node(self, number: int, program: Path) -> None:
        """Ask it to stop, as whoever upgrades does, and start it again as another release, on what it has stored."""
        child = self._children.pop(number)
        child.terminate()
        child.wait()
        self._program = program
        self.start_node(number)

    def kill_node(self, number: int) -> None:
        child = self._children.pop(number)
        child.kill()
        child.wait()

    def _run(self, number: int) -> subprocess.Popen[bytes]:
        folder = self._folder / f"n{number}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "nats.conf"
        config.write_text(
            _CONFIG.format(
                number=number,
                port=self._ports[number],
                route=self._routes[number],
                routes=json.dumps([f"nats-route://127.0.0.1:{port}" for port in self._routes]),
                log=json.dumps(str(folder / "nats.log")),
                store=json.dumps(str(folder)),
            )
        )
        return subprocess.Popen(
            [str(self._program), "-c", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=dies_with(os.getpid()),
        )
