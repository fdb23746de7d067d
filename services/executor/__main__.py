"""How the executor starts on its own."""

import os
import sys
from contextlib import AsyncExitStack
from functools import partial

from libs.runtime import http
from libs.runtime.process import Process, run
from libs.runtime.settings import load
from libs.store.opened import opened
from services.executor.service import serve
from services.executor.settings import Settings


async def start(settings: Settings, process: Process) -> None:
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(opened(process))
        await stack.enter_async_context(http.serve(http.application(process), settings.process.http_address))
        process.health.ready("executor", True)
        await serve(settings, ground.ports, process.member, process.random)


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "executor")


if __name__ == "__main__":
    main()
