"""Run schedules: `python -m tests.simulation --seeds 2000`, or one of them again: `--seed 71`.

Ends with 1 where a promise was broken, after saying which, with the fewest faults that break it, what happened, and the
command that does it again; with 1 as well where something rare that is looked for never happened in a long run.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.cases import fault_named
from tests.simulation.ports.chance import RATES, Fault
from tests.simulation.schedule import Run, simulate
from tests.simulation.shrink import shrunk
from tests.simulation.sometimes import missing

LONG = 2000
"""From so many schedules on, what is rare has to have happened."""
STORY_LINES = 60
DAY = 86_400


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many schedules, from 0 on")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="just this one, with its story")
    parser.add_argument("--only", default="", help="with --seed: just these faults, such as store.lost#4,link.late#1")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--until-broken", action="store_true", help="stop at the first broken promise, say no more of it"
    )
    chosen = parser.parse_args(arguments)
    if chosen.seed is not None:
        return _one(chosen.seed, chosen.only)
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    return _until_broken(seeds) if chosen.until_broken else _many(seeds, chosen.processes)


def _until_broken(seeds: range) -> int:
    for seed in seeds:
        run = simulate(seed)
        if run.problems:
            print(f"seed {seed}: {run.problems[0]}")
            return 1
    return 0


def _one(seed: int, only: str) -> int:
    faults = frozenset(fault_named(name) for name in only.split(",") if name)
    run = simulate(seed, faults or None)
    print("\n".join(run.story))
    print(f"seed {seed}: trace {run.trace}, {run.seconds:.0f} s of virtual time, {len(run.faults)} faults")
    for problem in run.problems:
        print(f"broken: {problem}")
    return 1 if run.problems else 0


def _many(seeds: range, processes: int) -> int:
    began = time.perf_counter()
    happened: Counter[str] = Counter()
    virtual, broken = 0.0, list[Run]()
    with ProcessPoolExecutor(processes) as pool:
        for run in pool.map(simulate, seeds, chunksize=8):
            virtual += run.seconds
            happened.update(dict.fromkeys(run.sometimes, 1))
            if run.problems:
                broken.append(run)
                print(f"seed {run.seed}: {run.problems[0]}", flush=True)
    wall = time.perf_counter() - began
    print(_figures(len(seeds), virtual, wall, happened))
    for run in broken[:1]:
        _explain(run)
    never = missing(happened) if len(seeds) >= LONG else ()
    for name in never:
        print(f"never happened: {name}: these schedules do not test it any more")
    return 1 if broken or never else 0


def _figures(schedules: int, virtual: float, wall: float, happened: Counter[str]) -> str:
    kinds = sum(1 for kind in RATES if happened[kind])
    lines = [
        f"{schedules} schedules, {virtual / DAY:.1f} virtual days in {wall:.0f} s"
        f" ({schedules / wall:.1f} schedules/s); {kinds} of {len(RATES)} kinds of faults struck",
        "in how many of them (the rarest first): "
        + ", ".join(f"{name} {number}" for name, number in sorted(happened.items(), key=lambda one: one[1])),
    ]
    return "\n".join(lines)


def _explain(run: Run) -> None:
    least = shrunk(run, partial(simulate, run.seed))
    print(f"\nseed {run.seed}: {len(run.faults)} faults, {len(least.faults)} are enough:")
    for problem in least.problems:
        print(f"  broken: {problem}")
    print("\n".join(_around(least.story)))
    print(f"again: python -m tests.simulation --seed {run.seed} --only {_names(least.faults)}")


def _around(story: tuple[str, ...]) -> Iterable[str]:
    """What led to the first broken promise, or to the end."""
    place = next((number for number, line in enumerate(story) if "PROMISE" in line), len(story) - 5)
    return story[max(0, place - STORY_LINES) : place + 5]


def _names(faults: Iterable[Fault]) -> str:
    return ",".join(map(str, faults)) or "none#1"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
