"""A real Prometheus for tests and demonstrations: the one on the PATH, else Debian's package, unpacked into a cache.

`python -m tools.prometheus` prints the folder with `prometheus` and `promtool`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

from libs.runtime.nats_server import dies_with

FETCH_SECONDS = 300
_PROGRAMS = ("prometheus", "promtool")
_CONFIG = "global: {scrape_interval: 15s}\n"
_FILLING = ("tsdb", "create-blocks-from", "openmetrics")
_END = "# EOF\n"


class Missing(Exception):
    """There is no Prometheus on this machine and none can be had; the text says why."""


class Sample(Struct, frozen=True):
    """One value of a gauge at an instant."""

    series: str
    """With its labels, as `errors{app="shop"}`."""
    value: float
    seconds: float
    """Since 1970."""


class Server:
    """One Prometheus on a port of its own; `kill` it and `start` it again: the same port, the same values."""

    def __init__(self, programs: Path, folder: Path, port: int) -> None:
        self._programs = programs
        self._folder = folder
        self._port = port
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def fill(self, samples: list[Sample]) -> None:
        """Put values into its store, before it starts."""
        text = self._folder / "values.txt"
        lines = [f"{sample.series} {sample.value} {sample.seconds:.3f}\n" for sample in samples]
        text.write_text("".join(lines) + _END)
        command = [str(self._programs / "promtool"), *_FILLING, str(text), str(self._store)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=FETCH_SECONDS)

    def start(self, users: str = "") -> None:
        """`users` is the server's own file of who may ask; empty: anybody. Its `/-/ready` tells when it answers."""
        (self._folder / "prometheus.yml").write_text(_CONFIG)
        (self._folder / "web.yml").write_text(users)
        with (self._folder / "prometheus.log").open("ab") as log:
            self._child = subprocess.Popen(
                [
                    self._programs / "prometheus",
                    f"--config.file={self._folder / 'prometheus.yml'}",
                    f"--web.config.file={self._folder / 'web.yml'}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                    f"--storage.tsdb.path={self._store}",
                    # The values may be of any year, and must stay.
                    "--storage.tsdb.retention.time=100y",
                ],
                stdout=log,
                stderr=log,
                preexec_fn=dies_with(os.getpid()),
            )

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    @property
    def _store(self) -> Path:
        return self._folder / "store"


def find() -> Path:
    """The folder that holds the programs; fetched at the first call on a machine."""
    found = shutil.which("prometheus")
    if found and shutil.which("promtool"):
        return Path(found).parent
    cached = _cache() / "prometheus"
    if not _is_whole(cached):
        _fetch(cached)
    return cached


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fairlead"


def _is_whole(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in _PROGRAMS)


def _fetch(folder: Path) -> None:
    """Whole or not at all: whoever looks meanwhile finds nothing, or everything."""
    for needed in ("apt-get", "dpkg"):
        if shutil.which(needed) is None:
            raise Missing(f"no prometheus on the PATH, and no {needed} to unpack Debian's package with")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        fresh = Path(made)
        package = _downloaded(fresh)
        _run(["dpkg", "-x", str(package), str(fresh / "root")], fresh)
        programs = fresh / "root" / "usr" / "bin"
        if not _is_whole(programs):
            raise Missing(f"{package.name} does not hold {' and '.join(_PROGRAMS)}")
        try:
            programs.replace(folder)
        except OSError as error:
            # Another process was faster.
            if not _is_whole(folder):
                raise Missing(f"{folder} cannot be written: {error}") from error


def _downloaded(folder: Path) -> Path:
    try:
        _run(["apt-get", "download", "prometheus"], folder)
    except Missing:
        # A machine on which nobody ever asked what packages there are.
        _run(["apt-get", "update"], folder)
        _run(["apt-get", "download", "prometheus"], folder)
    return next(folder.glob("prometheus_*.deb"))


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{' '.join(command)}: {error}") from error
    if done.returncode != 0:
        why = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise Missing(f"{' '.join(command)} ended with {done.returncode}: {why[:200]}")


def main() -> int:
    try:
        print(find())
    except Missing as missing:
        print(f"there is no Prometheus: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
