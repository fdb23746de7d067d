"""How intake starts on its own."""

import os
import sys
from contextlib import AsyncExitStack
from functools import partial

from libs.auth.fetch import remote_verifier
from libs.auth.http import guard, require_declared
from libs.runtime import http
from libs.runtime.process import Process, run
from libs.runtime.settings import load
from libs.store.opened import opened
from services.intake.http import routes
from services.intake.service import opened as opened_service
from services.intake.service import serve
from services.intake.settings import IntakeSettings


async def start(settings: IntakeSettings, process: Process) -> None:
    app = http.application(process, settings.intake_body_bytes)
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(opened(process))
        service = await stack.enter_async_context(opened_service(settings, process, ground.store, ground.bus))
        verifier = await stack.enter_async_context(remote_verifier(settings.process, process.clock))
        app.middlewares.append(guard(verifier, service.intake.configuration.grants))
        app.add_routes(routes(service.intake))
        require_declared(app)
        await stack.enter_async_context(http.serve(app, settings.process.http_address))
        await serve(service)


def main() -> None:
    settings = load(IntakeSettings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "intake")


if __name__ == "__main__":
    main()
