"""What the simulation itself promises: the same seed is the same run, and fewer faults are still enough."""

import os
import subprocess
import sys

import pytest

from tests.simulation.cases import Case, cases, fault_named
from tests.simulation.ports.chance import RATES, Chance, Fault
from tests.simulation.schedule import Run, simulate
from tests.simulation.shrink import kind_of, shrunk

TRACES = """
import sys
from tests.simulation.schedule import simulate
print(*[simulate(seed, size=sys.argv[1]).trace for seed in range(int(sys.argv[2]))])
"""


def traces(hash_seed: str, size: str, schedules: int) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", TRACES, size, str(schedules)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("size", "schedules"), [("scripted", 30), ("full", 12)])
def test_seed_is_the_same_run_in_every_process(size: str, schedules: int) -> None:
    one, other = traces("1", size, schedules), traces("2", size, schedules)
    assert one == other
    assert len(set(one)) == schedules


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: f"{case.seed}")
def test_what_was_mended_stays_so(case: Case) -> None:
    assert simulate(case.seed, case.faults, case.size).problems == ()


def test_only_the_faults_that_are_named_strike() -> None:
    seed = next(n for n in range(100) if len(simulate(n).faults) > 5)
    some = frozenset(simulate(seed).faults[:2])
    assert set(simulate(seed, some).faults) <= some


def test_same_opportunity_is_the_same_draw() -> None:
    seed = next(n for n in range(100) if "store.lost" in Chance(n).rates)
    whole, part = Chance(seed), Chance(seed, frozenset({Fault("store.lost", 3)}))
    drawn = [whole.amount("store.lost") for _ in range(2000)]
    again = [part.amount("store.lost") for _ in range(2000)]
    assert [fault.kind for fault in whole.injected] == ["store.lost"] * len(whole.injected)
    assert again[:2] == [None, None]
    assert all(one is None or one == other for one, other in zip(again, drawn, strict=True))


def test_healed_chance_strikes_no_more() -> None:
    seed = next(n for n in range(100) if Chance(n).rates)
    chance = Chance(seed)
    chance.heal()
    assert not any(chance.strikes(kind) for kind in RATES for _ in range(1000))


def test_fault_is_named_as_it_is_written() -> None:
    fault = Fault("link.late", 12)
    assert fault_named(str(fault)) == fault


def run_with(*faults: Fault) -> Run:
    """Broken where the third and the seventh come together."""
    is_broken = {Fault("f", 3), Fault("f", 7)} <= set(faults)
    return Run(0, ("INV-01 broken",) if is_broken else (), tuple(faults), "", 0.0, {}, ())


def test_fewest_faults_are_found() -> None:
    first = run_with(*(Fault("f", number) for number in range(20)))
    least = shrunk(first, lambda only: run_with(*sorted(only)))
    assert set(least.faults) == {Fault("f", 3), Fault("f", 7)}


def test_promises_are_kinds() -> None:
    assert kind_of("INV-07 fairlead.dev/x: epochs [2, 1]") == "INV-07"
    assert kind_of("release 3 failed") == kind_of("release 12 failed")
