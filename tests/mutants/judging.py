"""How many schedules does it take until the simulation notices a change of the product? In a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from tests.mutants.guards import Guard
from tests.simulation.cases import cases

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("agent", "cli", "docs", "examples", "libs", "proto", "sandbox", "services", "tests", "tools")
FULL_SHARE = 10
"""For so many small schedules one full one, for what no small one notices."""
MOST_SECONDS = 3.0
"""For a schedule, on a busy machine: one that takes far longer does not end."""
_BROKEN = re.compile(r"^seed (\d+)(?: \w+)?: (.*)$", re.MULTILINE)


class Judge(Struct, frozen=True):
    """How long a change may survive, and in which order."""

    first: int
    seeds: int
    sizes: tuple[str, ...]

    def schedules(self, size: str) -> int:
        if size == "kept":
            return len(list(cases()))
        return max(1, self.seeds // FULL_SHARE) if size == "full" and len(self.sizes) > 1 else self.seeds


class Verdict(Struct, frozen=True):
    guard: Guard | None
    """None: nothing was changed."""
    schedules: int
    """How many it took; 0: none of them noticed."""
    size: str
    """Of the schedule that noticed; `test` where a test did; empty where nothing did."""
    promise: str
    """What was broken: a promise, or a test."""
    seconds: float


@contextmanager
def tree() -> Iterator[Path]:
    """The tree as it is now: others may go on editing it."""
    with tempfile.TemporaryDirectory(prefix="fairlead-mutants-") as folder:
        for name in FOLDERS:
            ignored = shutil.ignore_patterns("__pycache__", "node_modules", ".mypy_cache")
            shutil.copytree(ROOT / name, Path(folder) / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)
        yield Path(folder)


def judged(guard: Guard | None, source: Path, judge: Judge) -> Verdict:
    """What becomes of it."""
    began, before = time.perf_counter(), 0
    with tempfile.TemporaryDirectory(prefix="fairlead-mutant-") as folder:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        if guard is not None:
            plant(guard, Path(folder))
        for size in judge.sizes:
            schedules = judge.schedules(size)
            first = 0 if size == "kept" else judge.first
            if found := _broken(Path(folder), first, schedules, size):
                taken = before + found[0] - first + 1
                return Verdict(guard, taken, size, found[1], time.perf_counter() - began)
            before += schedules
        size, promise = ("test", guard.test) if guard and guard.test and _fails(Path(folder), guard.test) else ("", "")
    return Verdict(guard, 0, size, promise, time.perf_counter() - began)


def plant(guard: Guard, folder: Path) -> None:
    place = folder / guard.path
    text = place.read_text()
    if text.count(guard.code) != 1:
        raise ValueError(f"{guard.name}: its code stands {text.count(guard.code)} times in {guard.path}, not once")
    place.write_text(text.replace(guard.code, guard.mutant))


def _broken(folder: Path, first: int, schedules: int, size: str) -> tuple[int, str] | None:
    """The first seed that breaks a promise, and which."""
    wanted = ["--first", str(first), "--seeds", str(schedules), "--size", size, "--until-broken"]
    command = [sys.executable, "-m", "tests.simulation", *wanted]
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=_environment(folder),
            capture_output=True,
            text=True,
            timeout=120 + schedules * MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return first + schedules - 1, "a schedule does not end"
    found = _BROKEN.search(ended.stdout)
    if found is None and ended.returncode != 0:
        said = ended.stdout[-1000:] + ended.stderr[-1000:]
        raise RuntimeError(f"the simulation does not run, and ended with {ended.returncode}: {said}")
    return (int(found[1]), found[2]) if found else None


def _fails(folder: Path, test: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"tests/{test}"]
    ended = subprocess.run(command, cwd=folder, env=_environment(folder), capture_output=True, text=True, timeout=300)
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"{test} cannot be run: {ended.stdout[-1000:]}{ended.stderr[-1000:]}")
    return ended.returncode == 1


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
