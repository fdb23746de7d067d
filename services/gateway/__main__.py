"""How the gateway starts on its own."""

import os
import sys
from contextlib import AsyncExitStack
from functools import partial

from libs.auth.fetch import remote_verifier
from libs.bus.connection import connect
from libs.bus.jetstream import JetStreamBus
from libs.runtime import http
from libs.runtime.process import Process, run
from libs.runtime.sealing import sealing_key
from libs.runtime.settings import load
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from services.gateway.service import serve
from services.gateway.settings import Settings


async def start(settings: Settings, process: Process) -> None:
    seal = Seal(sealing_key(settings.process, process.random), process.random)
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(connect([settings.process.nats], process.name, process.random))
        await prepare(connection)
        store = JetStreamStore(connection, seal, process.random)
        verifier = await stack.enter_async_context(remote_verifier(settings.process, process.clock))
        await stack.enter_async_context(http.serve(http.application(process), settings.process.http_address))
        await serve(settings, process, JetStreamBus(connection), store, verifier)


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "gateway")


if __name__ == "__main__":
    main()
