"""How the identity service starts on its own."""

import os
import sys
from contextlib import AsyncExitStack
from functools import partial

from libs.auth.http import guard, require_declared
from libs.bus.connection import connect
from libs.runtime import http
from libs.runtime.process import Process, run
from libs.runtime.sealing import sealing_key
from libs.runtime.settings import load
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from services.identity.http import routes
from services.identity.service import opened, serve
from services.identity.settings import Settings


async def start(settings: Settings, process: Process) -> None:
    seal = Seal(sealing_key(settings.process, process.random), process.random)
    app = http.application(process)
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(connect([settings.process.nats], process.name, process.random))
        await prepare(connection)
        store = JetStreamStore(connection, seal, process.random)
        service = await stack.enter_async_context(opened(settings, process, store, seal))
        app.add_routes(routes(service.identity, service.terms))
        app.middlewares.append(guard(service.verifier))
        require_declared(app)
        await stack.enter_async_context(http.serve(app, settings.process.http_address))
        await serve(service)


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "identity")


if __name__ == "__main__":
    main()
