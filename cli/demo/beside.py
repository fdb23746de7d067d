"""What runs beside the story: somebody's job runner, somebody's Prometheus; loopback, and gone with the chapter."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from cli.demo.place import EXAMPLES
from cli.exits import Exit, Stop
from cli.local.children import Child, Runner
from cli.local.plan import inherited
from cli.output import Output

START_SECONDS = 30.0
_NO_SETTINGS: Mapping[str, str] = {}


class Neighbours:
    """Children whose output goes to a folder's logs."""

    def __init__(self, output: Output, folder: Path) -> None:
        self._output = output
        self.folder = folder

    @asynccontextmanager
    async def example(self, file: str, settings: Mapping[str, str] = _NO_SETTINGS) -> AsyncIterator[int]:
        """A program of the examples on a port of its own, which is its argument."""
        from libs.runtime.port import free_port

        port = free_port()
        command = (sys.executable, str(EXAMPLES / file), str(port))
        async with self.program(Path(file).stem, command, port, settings):
            yield port

    @asynccontextmanager
    async def program(
        self, name: str, command: tuple[str, ...], port: int, settings: Mapping[str, str] = _NO_SETTINGS
    ) -> AsyncIterator[None]:
        """Listening on its port while entered."""
        # Nobody's proxy is asked for this machine itself.
        environ = {**inherited(os.environ), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **settings}
        runner = Runner(Child(name, command, environ, self.folder / "logs" / f"{name}.log"), self._output.note)
        async with asyncio.TaskGroup() as group:
            kept = group.create_task(runner.run())
            try:
                await _listening(name, port)
                yield
            finally:
                kept.cancel()
                await runner.stop()


async def _listening(name: str, port: int) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _is_open(port):  # noqa: ASYNC110 - another process has no event to wait for
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Stop(Exit.FAILED, f"{name} does not listen on port {port} after {START_SECONDS:.0f} s") from None


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
