"""Containers without an engine: processes on loopback with exactly the arguments, variables and files they are given.

A path inside a container becomes the same path below a folder of its own, a name on its network becomes a free port.
"""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import aiohttp
from msgspec import Struct

from cli.local.children import Child, last_lines
from libs.runtime.nats_server import executable
from libs.runtime.port import free_port
from tests.e2e.person import PATIENCE
from tests.e2e.processes import ROOT, Running, environment
from tests.waiting import eventually

HTTP = 8080


class Container(Struct, frozen=True):
    """What an engine would be told."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    files: Mapping[str, Path]
    """Which file, or folder, stands where."""


class Host:
    """A machine that runs containers.

    `hosts` says which container answers under which name, `published` whose port it is that the host itself offers.
    """

    def __init__(
        self, folder: Path, hosts: Mapping[str, str], published: Mapping[str, tuple[str, int]] | None = None
    ) -> None:
        self._folder = folder
        self._hosts = dict(hosts)
        self._published = dict(published or {})
        self._ports: dict[tuple[str, int], int] = {}
        self._running: dict[str, Running] = {}

    def port(self, container: str, port: int) -> int:
        """Where that port of the container is on loopback."""
        return self._ports.setdefault((container, port), free_port())

    def names(self) -> Iterable[str]:
        return tuple(self._running)

    def run(self, container: Container) -> None:
        """Start it as the image would: `python -m <argument>`."""
        self._start(container, (sys.executable, "-m", *container.command))

    def run_nats(self, container: Container) -> None:
        """The server, on a copy of its configuration that names loopback's ports and paths."""
        root = self._mounted(container)
        for file in root.rglob("*.conf"):
            file.write_text(self._local(container, self._below(root, file.read_text())))
        *_, config = container.command
        (root / "data").mkdir(exist_ok=True)
        self._start(container, (str(executable()), "-c", f"{root}{config}"))

    def finish(self, container: Container) -> None:
        """Run it to its end."""
        command = [sys.executable, "-m", *container.command]
        environ = self._environ(container, self._mounted(container))
        done = subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, (container.name, done.stdout, done.stderr)

    def kill(self, name: str) -> None:
        self._running.pop(name).kill()

    def kill_all(self) -> None:
        for name in tuple(self._running):
            self.kill(name)

    async def ready(self, container: str, path: str = "/readyz", port: int = HTTP) -> None:
        """Wait until its probe is answered with 200."""
        url = f"http://127.0.0.1:{self.port(container, port)}{path}"

        async def answers() -> bool:
            assert self._running[container].is_alive, (container, self.log(container))
            try:
                async with aiohttp.request("GET", url) as response:
                    return response.status == 200
            except aiohttp.ClientError:
                return False

        try:
            await eventually(answers, PATIENCE)
        except TimeoutError:
            raise AssertionError(f"{container} is never ready: {self.log(container)}") from None

    def says(self, container: str, text: str) -> bool:
        """Whether it has written this down, in whatever case."""
        return text.lower() in self._log(container).read_text().lower()

    def log(self, container: str) -> list[str]:
        return last_lines(self._log(container))

    def _log(self, container: str) -> Path:
        return self._folder / "logs" / f"{container}.log"

    def _start(self, container: Container, command: tuple[str, ...]) -> None:
        environ = self._environ(container, self._mounted(container))
        self._running[container.name] = Running(Child(container.name, command, environ, self._log(container.name)))

    def _mounted(self, container: Container) -> Path:
        root = self._folder / container.name
        for place, source in container.files.items():
            target = root / place.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.symlink_to(source.absolute()) if source.is_dir() else target.write_bytes(source.read_bytes())
        return root

    def _environ(self, container: Container, root: Path) -> dict[str, str]:
        given = {
            name: self._local(container, f"{root}{value}" if value.startswith("/") else value)
            for name, value in container.environ.items()
        }
        return environment() | given

    def _local(self, container: Container, text: str) -> str:
        """The text with this machine's ports for those of the containers' network."""
        text = re.sub(r"\b0\.0\.0\.0:(\d+)", lambda it: self._address(container.name, it[1]), text)
        for name, (owner, port) in self._published.items():
            text = text.replace(name, self._address(owner, str(port)))
        names = "|".join(map(re.escape, sorted(self._hosts, key=len, reverse=True)))
        return re.sub(rf"(?<![\w.-])({names}):(\d+)", lambda it: self._address(self._hosts[it[1]], it[2]), text)

    def _address(self, container: str, port: str) -> str:
        return f"127.0.0.1:{self.port(container, int(port))}"

    @staticmethod
    def _below(root: Path, config: str) -> str:
        return re.sub(r"(?<=\s)/(?=etc/|data)", f"{root}/", config)


async def stopped(host: Host) -> None:
    await asyncio.to_thread(host.kill_all)


def image_environ() -> dict[str, str]:
    """What the Dockerfile's last stage sets."""
    last = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    found = re.findall(r"(FAIRLEAD_\w+)=(\S+)", last)
    assert found, "the image says nothing"
    return dict(found)
