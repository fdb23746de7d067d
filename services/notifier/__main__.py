"""How the notifier starts on its own."""

import os
import sys
from contextlib import AsyncExitStack
from functools import partial

from libs.runtime import http
from libs.runtime.process import Process, run
from libs.runtime.settings import load
from libs.store.opened import opened
from services.notifier.service import serve
from services.notifier.settings import Settings


async def start(settings: Settings, process: Process) -> None:
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(opened(process))
        await stack.enter_async_context(http.serve(http.application(process), settings.process.http_address))
        process.health.ready("notifier", True)
        await serve(settings, ground.ports, process, process.settings.public_url)


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "notifier")


if __name__ == "__main__":
    main()
