"""Run schedules: `python -m tests.simulation --seeds 2000`, or one of them again: `--seed 71`.

Small ones run on a cluster that answers as told, full ones on a sandbox.

Ends with 1 where a promise was broken, after saying which, with the fewest faults that break it, what happened, and the
command that does it again; with 1 as well where something rare that is looked for never happened in a long run.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from functools import partial

from tests.simulation.cases import cases, fault_named
from tests.simulation.many import Job, jobs, runs
from tests.simulation.ports.chance import RATES, Fault
from tests.simulation.schedule import Run, simulate
from tests.simulation.shrink import shrunk
from tests.simulation.sometimes import missing
from tests.simulation.world.scope import SCOPES

LONG = 2000
"""From so many schedules on, what is rare has to have happened."""
STORY_LINES = 60
BOTH = "as many small ones as SEEDS says, and a tenth of that full ones"
KEPT = "those that once broke a promise, with just the faults that did it, as they are numbered in cases.tsv"
DAY = 86_400


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many schedules, from 0 on")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    sizes = (*SCOPES, "both", "kept")
    parser.add_argument("--size", choices=sizes, default="both", help=f"both: {BOTH}; kept: {KEPT}")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no more after so many")
    parser.add_argument(
        "--seed", type=int, help="just this one, with its story; a full one unless --size says scripted"
    )
    parser.add_argument("--only", default="", help="with --seed: just these faults, such as store.lost#4,link.late#1")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--until-broken", action="store_true", help="stop at the first broken promise, say no more of it"
    )
    chosen = parser.parse_args(arguments)
    if chosen.seed is not None:
        return _one(Job(chosen.seed, "full" if chosen.size == "both" else chosen.size), chosen.only)
    if chosen.size == "kept":
        return _until_broken(enumerate(simulate(case.seed, case.faults, case.size) for case in cases()))
    wanted = jobs(range(chosen.first, chosen.first + chosen.seeds), chosen.size)
    if chosen.until_broken:
        return _until_broken((job.seed, simulate(job.seed, size=job.size)) for job in wanted)
    return _many(runs(wanted, chosen.processes, chosen.minutes))


def _until_broken(led: Iterable[tuple[int, Run]]) -> int:
    for number, run in led:
        if run.problems:
            print(f"seed {number}: {run.problems[0]}")
            return 1
    return 0


def _one(job: Job, only: str) -> int:
    faults = frozenset(fault_named(name) for name in only.split(",") if name)
    run = simulate(job.seed, faults or None, job.size)
    print("\n".join(run.story))
    print(f"seed {run.seed}: trace {run.trace}, {run.seconds:.0f} s of virtual time, {len(run.faults)} faults")
    for problem in run.problems:
        print(f"broken: {problem}")
    return 1 if run.problems else 0


def _many(led: Iterable[Run]) -> int:
    began = time.perf_counter()
    happened, sizes = Counter[str](), Counter[str]()
    virtual, broken = 0.0, list[Run]()
    for run in led:
        virtual += run.seconds
        sizes[run.size] += 1
        happened.update(dict.fromkeys(run.sometimes, 1))
        if run.problems:
            broken.append(run)
            print(f"seed {run.seed} {run.size}: {run.problems[0]}", flush=True)
    print(_figures(sizes, virtual, time.perf_counter() - began, happened))
    for run in broken[:1]:
        _explain(run)
    never = missing(happened) if sizes.total() >= LONG else ()
    for name in never:
        print(f"never happened: {name}: these schedules do not test it any more")
    return 1 if broken or never else 0


def _figures(sizes: Counter[str], virtual: float, wall: float, happened: Counter[str]) -> str:
    kinds, schedules = sum(1 for kind in RATES if happened[kind]), sizes.total()
    told = " and ".join(f"{number} {size}" for size, number in sorted(sizes.items(), reverse=True))
    lines = [
        f"{told} schedules, {virtual / DAY:.1f} virtual days in {wall:.0f} s"
        f" ({schedules / wall:.1f} schedules/s); {kinds} of {len(RATES)} kinds of faults struck",
        "in how many of them (the rarest first): "
        + ", ".join(f"{name} {number}" for name, number in sorted(happened.items(), key=lambda one: one[1])),
    ]
    return "\n".join(lines)


def _explain(run: Run) -> None:
    least = shrunk(run, partial(simulate, run.seed, size=run.size))
    print(f"\nseed {run.seed}: {len(run.faults)} faults, {len(least.faults)} are enough:")
    for problem in least.problems:
        print(f"  broken: {problem}")
    print("\n".join(_around(least.story)))
    print(f"again: python -m tests.simulation --seed {run.seed} --size {run.size} --only {_names(least.faults)}")


def _around(story: tuple[str, ...]) -> Iterable[str]:
    """What led to the first broken promise, or to the end."""
    place = next((number for number, line in enumerate(story) if "PROMISE" in line), len(story) - 5)
    return story[max(0, place - STORY_LINES) : place + 5]


def _names(faults: Iterable[Fault]) -> str:
    return ",".join(map(str, faults)) or "none#1"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
