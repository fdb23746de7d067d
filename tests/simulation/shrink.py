"""The fewest faults that still break the promise: left out by halves, then by quarters, down to single ones."""

import re
from collections.abc import Callable

from tests.simulation.ports.chance import Fault
from tests.simulation.schedule import Run

Replay = Callable[[frozenset[Fault]], Run]

MOST_RUNS = 400


def shrunk(first: Run, replay: Replay) -> Run:
    """Of one seed, the run with the fewest faults that has a problem of the same kind as this one's first.

    Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002.
    """
    kind, best, runs = kind_of(first.problems[0]), first, 0
    pieces = 2
    while len(best.faults) >= 1 and runs < MOST_RUNS:
        for left in _without_a_piece(list(best.faults), pieces):
            runs += 1
            run = replay(left)
            if any(kind_of(problem) == kind for problem in run.problems):
                best, pieces = run, max(2, pieces - 1)
                break
        else:
            if pieces >= len(best.faults):
                break
            pieces = min(len(best.faults), pieces * 2)
    return best


def kind_of(problem: str) -> str:
    """The promise that it is about, or its words without what differs from run to run."""
    return problem.split(" ", 1)[0] if problem.startswith("INV-") else re.sub(r"\W?\d[\w.-]*", "N", problem)[:60]


def _without_a_piece(faults: list[Fault], pieces: int) -> list[frozenset[Fault]]:
    size = max(1, len(faults) // pieces)
    return [frozenset(faults[:at] + faults[at + size :]) for at in range(0, len(faults), size)]
