"""The identity service on its own, as a process, over a real NATS server."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import aiohttp

from libs.runtime.clock import SystemClock, system_random
from libs.runtime.port import free_port
from libs.store.jetstream import JetStreamStore
from libs.store.seal import Seal
from services.identity.handlers import bootstrap
from tests.servers import nats_connection, nats_server
from tests.waiting import eventually


@asynccontextmanager
async def a_process(url: str, folder: Path, address: str) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = {"NATS_URL": url, "HTTP_ADDRESS": address, "STATE_DIR": str(folder), "PROFILE": "development"}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FAIRLEAD_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.identity",
        env=environ | {f"FAIRLEAD_{name}": value for name, value in settings.items()},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def is_ready(session: aiohttp.ClientSession) -> bool:
    try:
        async with session.get("/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def test_token_and_keys_survive_a_restart(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with nats_server() as server, aiohttp.ClientSession(f"http://{address}") as session:
        async with a_process(server.url, tmp_path, address) as process:
            await eventually(lambda: is_ready(session))
            async with nats_connection(server) as connection:
                store = JetStreamStore(connection, Seal(bytes(32), Random(1)), system_random())
                credential = (await bootstrap(store, SystemClock(), system_random()))["admin"]
            form = {
                "grant_type": "client_credentials",
                "client_id": credential.client_id,
                "client_secret": credential.secret.reveal(),
            }
            async with session.post("/oauth/token", data=form) as response:
                token = (await response.json())["access_token"]
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 20) == 0
        async with a_process(server.url, tmp_path, address):
            await eventually(lambda: is_ready(session))
            async with session.get("/api/v1/clients", headers={"Authorization": f"Bearer {token}"}) as response:
                assert response.status == 200
