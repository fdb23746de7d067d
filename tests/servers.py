"""Real servers on free ports, each in a folder of its own, ended with the block that started them."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from libs.bus.connection import Connection, connect
from libs.runtime.clock import system_random
from libs.runtime.nats_server import NatsServer


@asynccontextmanager
async def nats_server(folder: Path | None = None) -> AsyncIterator[NatsServer]:
    """A nats-server that fsyncs. `kill()` it and `start()` it again: the same port, the same store."""
    with tempfile.TemporaryDirectory(prefix="fairlead-nats-") as fresh:
        server = NatsServer(folder or Path(fresh))
        await server.start()
        try:
            yield server
        finally:
            server.kill()


@asynccontextmanager
async def nats_connection(server: NatsServer, name: str = "test") -> AsyncIterator[Connection]:
    async with connect([server.url], name, system_random()) as connection:
        yield connection
