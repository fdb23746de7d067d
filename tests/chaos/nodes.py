"""Three NATS nodes that reach each other, and are reached, over lines that can be cut."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import aiohttp
from msgspec import Struct

from cli.local.children import Child
from libs.bus.pull import STREAM
from libs.runtime.nats_server import MAX_PAYLOAD, executable
from libs.runtime.port import free_port
from tests.chaos.line import Line
from tests.e2e.processes import environment

NAMES = ("nats-0", "nats-1", "nats-2")

# A node tells others an address where nobody listens: only the lines below lead from one to another, so that a cut line
# is a partition. For the same reason clients are not told of further nodes.
_CONFIG = """\
server_name: {name}
listen: "127.0.0.1:{client}"
http: "127.0.0.1:{monitor}"
max_payload: {max_payload}
log_file: {log}
jetstream {{
  store_dir: {store}
  sync_interval: always
  limits {{ batch {{ max_inflight_per_stream: 400, max_inflight_total: 2000, timeout: "2s" }} }}
}}
cluster {{
  name: fairlead
  listen: "127.0.0.1:{routes}"
  advertise: "127.0.0.1:1"
  no_advertise: true
  routes: {dials}
}}
"""


class Node(Struct, frozen=True):
    name: str
    folder: Path
    client: int
    monitor: int
    routes: int

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.client}"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def child(self, dials: Iterable[Line]) -> Child:
        """The server; `dials` are the lines to the other nodes."""
        self.store.mkdir(parents=True, exist_ok=True)
        config = self.folder / "nats.conf"
        config.write_text(
            _CONFIG.format(
                name=self.name,
                client=self.client,
                monitor=self.monitor,
                max_payload=MAX_PAYLOAD,
                log=json.dumps(str(self.folder / "nats.log")),
                store=json.dumps(str(self.store)),
                routes=self.routes,
                dials=json.dumps([f"nats-route://{line.address}" for line in dials]),
            )
        )
        return Child(self.name, (str(executable()), "-c", str(config)), environment(), self.folder / "output.log")


def nodes(folder: Path) -> dict[str, Node]:
    return {name: Node(name, folder / name, free_port(), free_port(), free_port()) for name in NAMES}


async def leader(found: Mapping[str, Node]) -> str:
    """Which node leads the stream that holds everything; empty where none that answers knows."""
    for node in found.values():
        name = await _leader(node)
        if name in found:
            return name
    return ""


async def _leader(node: Node) -> str:
    url = f"http://127.0.0.1:{node.monitor}/jsz?streams=true"
    try:
        async with aiohttp.request("GET", url, timeout=aiohttp.ClientTimeout(1)) as answer:
            document = await answer.json()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return ""
    streams = [one for account in document.get("account_details", []) for one in account.get("stream_detail", [])]
    return next((str(one.get("cluster", {}).get("leader", "")) for one in streams if one["name"] == STREAM), "")
