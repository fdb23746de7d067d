"""How the gateway starts on its own."""

import os
import sys
from contextlib import AsyncExitStack
from functools import partial

from libs.auth.fetch import remote_verifier
from libs.runtime import http
from libs.runtime.process import Process, run
from libs.runtime.settings import load
from libs.store.opened import opened
from services.gateway.service import serve
from services.gateway.settings import Settings


async def start(settings: Settings, process: Process) -> None:
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(opened(process))
        verifier = await stack.enter_async_context(remote_verifier(settings.process, process.clock))
        await stack.enter_async_context(http.serve(http.application(process), settings.process.http_address))
        await serve(settings, process, ground.bus, ground.store, verifier)


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "gateway")


if __name__ == "__main__":
    main()
