"""Schedules that break a promise today, by name, with what is wrong: `known.tsv`. They are told, and fail no run.

Any other schedule that breaks one does. A line goes when its schedule holds again.
"""

from pathlib import Path

from tests.simulation.schedule import Run
from tests.simulation.shrink import kind_of

_FILE = Path(__file__).with_name("known.tsv")


def known() -> dict[tuple[str, int], dict[str, str]]:
    """By size and seed: the promises that it breaks, and what is wrong."""
    found: dict[tuple[str, int], dict[str, str]] = {}
    for line in _FILE.read_text().splitlines()[1:]:
        size, seed, promise, what = line.split("\t")
        found.setdefault((size, int(seed)), {})[promise] = what
    return found


def unknown(run: Run) -> tuple[str, ...]:
    """What it breaks besides what is known of it."""
    told = known().get((run.size, run.seed), {})
    return tuple(problem for problem in run.problems if kind_of(problem) not in told)
