"""How the identity service starts on its own."""

import os
import sys
from contextlib import AsyncExitStack
from functools import partial

from libs.auth.http import guard, require_declared
from libs.config.store import Configuration
from libs.runtime import http
from libs.runtime.process import Process, run
from libs.runtime.settings import load
from libs.store.opened import opened
from services.identity.http import routes
from services.identity.service import opened as opened_service
from services.identity.service import serve
from services.identity.settings import Settings


async def start(settings: Settings, process: Process) -> None:
    app = http.application(process)
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(opened(process))
        service = await stack.enter_async_context(opened_service(settings, process, ground.store, ground.seal))
        app.add_routes(routes(service.identity, service.terms))
        app.middlewares.append(guard(service.verifier, Configuration(ground.store, process.clock).grants))
        require_declared(app)
        await stack.enter_async_context(http.serve(app, settings.process.http_address))
        await serve(service)


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "identity")


if __name__ == "__main__":
    main()
