"""The same requests make the same cluster, whatever the interpreter's seed of hashes is."""

import os
import subprocess
import sys

PROGRAM = """
import asyncio, hashlib
import msgspec
from sandbox.api.wire import Request
from sandbox.server import Options, running
from tests.clock import VirtualClock
from tests.unit.sandbox.conftest import Client
from tests.unit.sandbox.objects import a_deployment, a_pod_template
from tests.unit.sandbox.test_services import a_service

async def main():
    clock = VirtualClock()
    async with running(Options(nodes=3), clock) as (api, cluster):
        client = Client(api, clock)
        await client.create(a_service())
        for name in ("web", "two"):
            await client.create(a_deployment(name, 4))
        for manager in ("one", "two"):
            labels = {name: manager for name in ("a", "b", "c", manager)}
            wanted = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": labels}}
            await client.apply(wanted, manager, "force=true")
        await client.later(3)
        await client.patch("merge", "Deployment", "web", {"spec": {"template": a_pod_template(image="shop/web:2")}})
        await client.later(3)
        told = [(ref, record.value) for ref, record in cluster.store.everything()]
        print(hashlib.sha256(msgspec.json.encode(told)).hexdigest())

asyncio.run(main())
"""


def digest(seed: str) -> str:
    environ = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_hash_seed_changes_nothing() -> None:
    assert len({digest(seed) for seed in ("0", "1", "2")}) == 1
