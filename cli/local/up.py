"""`fairlead up`: everything on this machine until somebody stops it."""

import asyncio
import os
import signal
from pathlib import Path

from cli.exits import Exit
from cli.local.stack import Running, running
from cli.options import Options, state_dir
from cli.output import Output


def up(options: Options, *, accept_store: bool = False) -> int:
    output = Output(options)
    asyncio.run(_until_stopped(output, state_dir(), accept_store))
    output.note("stopped; started again, it goes on where it was")
    return Exit.DONE


async def _until_stopped(output: Output, folder: Path, accept_store: bool) -> None:
    """A signal cancels the work, at whatever point it is; ending in order then takes its time."""
    working = asyncio.current_task()
    assert working is not None, "a coroutine that runs has a task"
    is_stopping = False

    def stop() -> None:
        nonlocal is_stopping
        if not is_stopping:
            is_stopping = True
            output.note("stopping …")
            working.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await _serve(output, folder, accept_store)
    except asyncio.CancelledError:
        if not is_stopping:
            raise


async def _serve(output: Output, folder: Path, accept_store: bool) -> None:
    output.note("starting NATS, the services, two clusters and their agents …")
    async with running(
        folder, output.note, os.environ.get("FAIRLEAD_NATS_URL", ""), accept_store=accept_store
    ) as started:
        output.result(started.up, _told(started, folder))
        output.note("Ctrl-C stops everything")
        await asyncio.Event().wait()


def _told(started: Running, folder: Path) -> str:
    up = started.up
    clusters = "\n".join(f"  cluster     {name}: KUBECONFIG={path}" for name, path in up.clusters.items())
    return (
        f"Fairlead is running.\n\n  server      {up.server}\n  gateway     {up.gateway}\n{clusters}\n"
        f"  logs        {folder}/logs\n  token       {up.token}\n\n"
        "In another terminal, in this folder:\n\n"
        "  fairlead deploy start -f examples/shop/v1.yml --watch\n"
    )
