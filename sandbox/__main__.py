"""Run one sandbox in the foreground: `python -m sandbox --port 8001 --kubeconfig sandbox.kubeconfig`."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from libs.runtime.clock import SystemClock
from sandbox.server import Options, serve
from sandbox.state.journal import CorruptJournal


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description="A pretend Kubernetes cluster on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--kubeconfig", type=Path, help="file to write a kubeconfig to")
    parser.add_argument("--nodes", type=int, default=3, help="how many nodes the cluster has")
    parser.add_argument("--seed", type=int, default=0, help="the same seed and requests make the same objects")
    parser.add_argument("--state-dir", type=Path, help="folder to keep the cluster in; without it all is forgotten")
    parser.add_argument("--token", default="", help="bearer token that clients must send; none by default")
    return parser.parse_args(given)


async def run(options: Options, kubeconfig: Path | None) -> None:
    """Serve until the process is told to stop; the first line on stdout is the address."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serve(options, SystemClock()) as sandbox:
        if kubeconfig is not None:
            _write_private(kubeconfig, sandbox.kubeconfig)
        sys.stdout.write(f"sandbox cluster at {sandbox.url}\n")
        sys.stdout.flush()
        await stop.wait()


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.touch(mode=0o600)
    new.write_text(text)
    os.replace(new, path)


def main(given: Sequence[str] | None = None) -> None:
    arguments = _arguments(given)
    options = Options(
        port=arguments.port,
        nodes=arguments.nodes,
        seed=arguments.seed,
        token=arguments.token,
        state_dir=arguments.state_dir,
    )
    try:
        asyncio.run(run(options, arguments.kubeconfig))
    except (OSError, CorruptJournal) as error:
        sys.exit(f"sandbox: cannot start: {error}")


if __name__ == "__main__":
    main()
