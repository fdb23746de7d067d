"""Are the ports of this folder still free? Asked before anything is started on them."""

import asyncio
import errno
import socket
from collections.abc import Mapping
from pathlib import Path

from cli.exits import Exit, Stop

DYING_SECONDS = 2.0
"""The children of a killed `fairlead up` die with it, but not in the same instant."""


async def require_free(ports: Mapping[str, int], file: Path, patience: float = DYING_SECONDS) -> None:
    """`file` is where the ports were written down."""
    deadline = asyncio.get_running_loop().time() + patience
    for port in ports.values():
        while error := _trouble(port):
            if error.errno != errno.EADDRINUSE or asyncio.get_running_loop().time() >= deadline:
                raise Stop(Exit.FAILED, _told(port, file, error))
            await asyncio.sleep(0.05)


def _trouble(port: int) -> OSError | None:
    with socket.socket() as probe:
        # As the servers do: connections of an earlier run that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error
    return None


def _told(port: int, file: Path, error: OSError) -> str:
    why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return f"port {port} ({file.name}) {why}: free it, or delete {file}"
