"""Take each safety check away in turn and count the schedules until the simulation notices: `make mutants`.

Ends with 1 where a mutant survives. Each runs in a copy of the tree; nothing here is changed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from msgspec import Struct

from tests.mutants.guards import GUARDS, Guard

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("agent", "cli", "libs", "sandbox", "services", "tests")
SEEDS = 5000
_BROKEN = re.compile(r"^seed (\d+): (.*)$", re.MULTILINE)


class Verdict(Struct, frozen=True):
    guard: Guard
    schedules: int
    """How many it took; 0: it survived."""
    promise: str
    seconds: float


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many schedules a mutant may survive")
    parser.add_argument("--processes", type=int, default=2, help="how many mutants at once")
    parser.add_argument("--names", default="", help="only guards whose name holds this")
    chosen = parser.parse_args(arguments)
    guards = [guard for guard in GUARDS if chosen.names in guard.name]
    with ThreadPoolExecutor(chosen.processes) as pool:
        verdicts = []
        for verdict in pool.map(partial(judged, seeds=chosen.seeds), guards):
            verdicts.append(verdict)
            print(_line(verdict), flush=True)
    survivors = [verdict for verdict in verdicts if not verdict.schedules]
    print(f"{len(guards) - len(survivors)} of {len(guards)} mutants were noticed within {chosen.seeds} schedules")
    return 1 if survivors else 0


def judged(guard: Guard, seeds: int) -> Verdict:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="fairlead-mutant-") as folder:
        _planted(guard, Path(folder))
        environment = {**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [
            sys.executable,
            "-m",
            "tests.simulation",
            "--seeds",
            str(seeds),
            "--processes",
            "1",
            "--until-broken",
        ]
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    found = _BROKEN.search(ended.stdout)
    if found is None and ended.returncode != 0 and ended.stderr:
        return Verdict(guard, 1, ended.stderr.strip().splitlines()[-1], time.perf_counter() - began)
    schedules, promise = (int(found[1]) + 1, found[2]) if found else (0, "")
    return Verdict(guard, schedules, promise, time.perf_counter() - began)


def _planted(guard: Guard, folder: Path) -> None:
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    place = folder / guard.path
    place.write_text(place.read_text().replace(guard.code, guard.mutant))


def _line(verdict: Verdict) -> str:
    if not verdict.schedules:
        return f"SURVIVED  {verdict.guard.name} ({verdict.seconds:.0f} s)"
    return f"{verdict.schedules:5d}  {verdict.guard.name}: {verdict.promise[:110]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
