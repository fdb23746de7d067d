"""Take each safety check away in turn and count the schedules until the simulation notices: `make mutants`.

First those that once broke a promise, then small ones, then full ones for what survives them. Ends with 1 where a
mutant survives that should not, or where a promise is broken though nothing was changed. Each runs in a copy of the
tree; nothing here is changed. What no schedule notices is shown to be noticed by a test, where the table names one.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.mutants.guards import GUARDS, REDUNDANT, Guard
from tests.mutants.judging import Judge, Verdict, judged, tree
from tests.mutants.table import write

SEEDS = 5000
SIZES = {"both": ("kept", "scripted", "full"), "scripted": ("scripted",), "full": ("full",)}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many small schedules a mutant may survive")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument(
        "--size",
        choices=tuple(SIZES),
        default="both",
        help="both: the kept ones before, and a tenth as many full ones after",
    )
    parser.add_argument("--processes", type=int, default=2, help="how many mutants at once")
    parser.add_argument("--names", default="", help="only guards whose name holds one of these, with commas between")
    parser.add_argument("--write", action="store_true", help="write what was judged into the table of docs/proof.md")
    chosen = parser.parse_args(arguments)
    judge = Judge(chosen.first, chosen.seeds, SIZES[chosen.size])
    names = chosen.names.split(",")
    guards = [guard for guard in (*GUARDS, *REDUNDANT) if any(name in guard.name for name in names)]
    verdicts = []
    for verdict in _verdicts(guards, judge, chosen.processes):
        verdicts.append(verdict)
        print(_line(verdict), flush=True)
    if chosen.write:
        write(verdicts)
    return _told(verdicts, judge)


def _verdicts(guards: Sequence[Guard], judge: Judge, processes: int) -> Iterator[Verdict]:
    with tree() as source, ThreadPoolExecutor(processes) as pool:
        yield from pool.map(partial(judged, source=source, judge=judge), (None, *guards))


def _told(verdicts: Sequence[Verdict], judge: Judge) -> int:
    """Say what it comes to; the exit code."""
    needed = [verdict for verdict in verdicts if verdict.guard in GUARDS]
    noticed = sum(bool(one.schedules) for one in needed)
    tested = sum(one.size == "test" for one in needed)
    kinds = " and ".join(f"{judge.schedules(size)} {size}" for size in judge.sizes)
    print(f"{noticed} of {len(needed)} mutants were noticed within {kinds} schedules, {tested} more by their own tests")
    is_broken = any(verdict.schedules for verdict in verdicts if verdict.guard is None)
    return 1 if noticed + tested < len(needed) or is_broken else 0


def _line(verdict: Verdict) -> str:
    name = verdict.guard.name if verdict.guard else "nothing changed"
    if verdict.schedules:
        return f"{verdict.schedules:5d}  {name}: {verdict.promise[:110]}"
    if verdict.size:
        return f" test  {name}: {verdict.promise}"
    word = "SURVIVED" if verdict.guard in GUARDS else "as expected, survived"
    return f"{word}  {name} ({verdict.seconds:.0f} s)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
