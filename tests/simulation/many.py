"""Many schedules at once: small and full ones in turn, in several processes, for as long as there is time."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.schedule import Run, simulate

CHUNK = 8
AHEAD = 3
"""How many chunks each process has before it, at the most: a million schedules are not all asked for at once."""
SMALL_FOR_EACH_FULL = 10


class Job(Struct, frozen=True):
    """One schedule to run."""

    seed: int
    size: str


def jobs(seeds: range, size: str) -> Iterator[Job]:
    """Those of one size; with `both`, a full one with every tenth small one."""
    for place, seed in enumerate(seeds):
        if size != "both":
            yield Job(seed, size)
            continue
        yield Job(seed, "scripted")
        if place % SMALL_FOR_EACH_FULL == 0:
            yield Job(seeds.start + place // SMALL_FOR_EACH_FULL, "full")


def runs(wanted: Iterable[Job], processes: int, minutes: float) -> Iterator[Run]:
    """What they lead to, in order; after so many minutes no more are begun."""
    end = time.perf_counter() + minutes * 60
    waiting: deque[Future[list[Run]]] = deque()
    with ProcessPoolExecutor(processes) as pool:
        for chunk in _chunks(iter(wanted)):
            waiting.append(pool.submit(_led, chunk))
            if len(waiting) >= processes * AHEAD:
                yield from waiting.popleft().result()
            if time.perf_counter() > end:
                break
        while waiting:
            yield from waiting.popleft().result()


def _chunks(wanted: Iterator[Job]) -> Iterator[list[Job]]:
    while chunk := list(islice(wanted, CHUNK)):
        yield chunk


def _led(chunk: list[Job]) -> list[Run]:
    found = [simulate(job.seed, size=job.size) for job in chunk]
    return [run if run.problems else replace(run, story=()) for run in found]
