"""Where the programs of a real Kubernetes are: what KUBEBUILDER_ASSETS names, else a cache that Go fills once."""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.kubernetes.recipe import PROGRAMS, Missing, build, fingerprint

ASSETS = "KUBEBUILDER_ASSETS"
_NAMES = tuple(program.name for program in PROGRAMS)


def find() -> Path:
    """The folder that holds them; built at the first call on a machine, which takes minutes."""
    if os.environ.get(ASSETS):
        return _lent(Path(os.environ[ASSETS]))
    cached = _cache() / fingerprint()
    if lacking(cached):
        _make(cached)
    return cached


def can_be_had() -> bool:
    """Whether this machine has all that it takes: where every tier must run, none that needs them is left out then."""
    return bool(os.environ.get(ASSETS)) or not lacking(_cache() / fingerprint()) or shutil.which("go") is not None


def lacking(folder: Path) -> tuple[str, ...]:
    return tuple(name for name in _NAMES if not os.access(folder / name, os.X_OK))


def _lent(folder: Path) -> Path:
    if absent := lacking(folder):
        raise Missing(f"{ASSETS} is {folder}, which has no {', '.join(absent)}; unset it to build them with Go")
    return folder


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fairlead" / "kubernetes"


def _make(folder: Path) -> None:
    """Whole or not at all, and once: who comes meanwhile waits, and finds it made."""
    if shutil.which("go") is None:
        raise Missing(f"no go on the PATH to build it with, and {ASSETS} names no folder with {', '.join(_NAMES)}")
    with _alone(folder):
        if not lacking(folder):
            return
        fresh = folder.with_name(f"{folder.name}.building")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        try:
            build(fresh, _report)
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The lock goes with the process that held it, however that ended."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = folder.with_name(f"{folder.name}.lock").open("w")
    except OSError as error:
        raise Missing(f"{folder.parent} cannot be written: {error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _report("another process builds it: waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _report(line: str) -> None:
    print(f"kubernetes: {line}", file=sys.stderr, flush=True)
