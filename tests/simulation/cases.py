"""Schedules that once broke a promise, each with the few faults that did it: `cases.tsv`, run at every change."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tests.simulation.ports.chance import Fault

_FILE = Path(__file__).with_name("cases.tsv")


class Case(Struct, frozen=True):
    size: str
    seed: int
    faults: frozenset[Fault]
    what: str
    """What was wrong then."""


def cases() -> Iterator[Case]:
    for line in _FILE.read_text().splitlines()[1:]:
        size, seed, faults, what = line.split("\t")
        yield Case(size, int(seed), frozenset(map(fault_named, faults.split(","))), what)


def fault_named(name: str) -> Fault:
    """`store.lost#4`."""
    kind, _, number = name.partition("#")
    return Fault(kind, int(number))
