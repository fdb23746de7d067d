"""`make test`: every tier that this machine can run, and by name which were left out and why."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tools.kubernetes.programs import can_be_had, find
from tools.kubernetes.recipe import Missing

ROOT = Path(__file__).parent.parent

TIERS = ("unit", "histories", "sandbox", "integration", "integration/link", "simulation", "cluster", "e2e", "chaos")
"""Folders under tests/, cheapest first."""

APART = {"integration": "integration/link"}
"""What a tier leaves to another. Core NATS tests lost a packet twice in workers that had run gRPC tests before. gRPC's
poller is made for one event loop a process and each test has its own; that this is the cause is likely, not shown."""

PARALLEL = dict.fromkeys(TIERS, 2) | {"histories": 0}
"""Worker processes; 0 runs one test after another."""

CHAOS_IN_CI = ("--kills", "60", "--seconds", "230")
CHAOS_HERE = ("--kills", "10", "--seconds", "40", "--applications", "3", "--power-cut", "3")
"""How often something is killed, and for how long at most; `make chaos` does more of it."""

SIMULATION_IN_CI = ("--seeds", "20000", "--minutes", "6")
SIMULATION_HERE = ("--seeds", "3000", "--minutes", "0.5")
"""How many schedules, and for how long at most; `make simulation` does as many as are wanted."""

ON_KUBERNETES = frozenset({"cluster"})
"""Tiers that need the programs of a real Kubernetes; built here the first time, which takes minutes."""


def main() -> int:
    failed, left_out = [], dict[str, str]()
    for tier in TIERS:
        if why := lacking(tier):
            left_out[tier] = why
            continue
        began = time.perf_counter()
        print(f"== tests/{tier}", flush=True)
        code = max(subprocess.call([sys.executable, "-m", *command], cwd=ROOT) for command in commands(tier))
        print(
            f"== tests/{tier}: {'passed' if code == 0 else 'FAILED'} in {time.perf_counter() - began:.0f} s", flush=True
        )
        if code != 0:
            failed.append(tier)
    for tier, why in left_out.items():
        print(f"left out: {tier} ({why})")
    return 1 if failed else 0


def commands(tier: str) -> list[list[str]]:
    """What runs a tier: first its tests, then, where it has one, its program."""
    is_ci = os.environ.get("CI") == "true"
    if tier == "chaos":
        return [["tests.chaos", *(CHAOS_IN_CI if is_ci else CHAOS_HERE)]]
    schedules = ["tests.simulation", *(SIMULATION_IN_CI if is_ci else SIMULATION_HERE)]
    workers = ["-n", str(PARALLEL[tier])] if PARALLEL[tier] else []
    apart = [f"--ignore=tests/{APART[tier]}"] if tier in APART else []
    tests = ["pytest", f"tests/{tier}", *workers, *apart]
    return [tests, schedules] if tier == "simulation" else [tests]


def lacking(tier: str) -> str:
    """Why this machine cannot run a tier; empty where it can, or has to try."""
    if tier not in ON_KUBERNETES:
        return ""
    try:
        find()
    except Missing as missing:
        must_run = os.environ.get("CI") == "true" and can_be_had()
        return "" if must_run else str(missing)
    return ""


if __name__ == "__main__":
    sys.exit(main())
