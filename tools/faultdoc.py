"""`docs/faults.md`: what can go wrong, what is to come of it, and what shows that it does.

`tests/faults.tsv` has a row for each fault. It names what shows one: a test as `folder/test_file.py::test_name`, a
fault (`simulation:store.lost`) or a promise (`promise:INV-08`) of the simulation, a strike of `make chaos`
(`chaos:kill_leader`), a benchmark (`bench:timers`). What is named and does not exist stops the page.
"""

import ast
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from msgspec import Struct

from tests.simulation.ports.chance import RATES
from tools.featuredoc import read_rows, table

_HEAD = """# Faults

What can go wrong, what is to come of it, and what shows that it does. Made by `make docs` from `tests/faults.tsv`; do
not edit. What is named here exists, or `make check` fails: tests, faults and promises of the simulation, strikes of
`make chaos`, benchmarks; [proof.md](proof.md) tells of simulation and kills. *Shown*: nothing is named as missing.
*Partly*: something is. *Not*: nothing shows it.

"""

_WORDS = {"simulation": "simulated", "promise": "promise", "chaos": "struck", "bench": "measured"}


class Fault(Struct, frozen=True):
    component: str
    fault: str
    expected: str
    shown: str
    """Names, with spaces between them."""
    missing: str


def faults_page(tests: Path) -> str:
    faults = read_rows(tests / "faults.tsv", Fault)
    if unknown := sorted({name for fault in faults for name in fault.shown.split() if not _exists(tests, name)}):
        raise SystemExit(f"tests/faults.tsv names what does not exist: {', '.join(unknown)}")
    states = Counter(_state(fault) for fault in faults)
    counts = ", ".join(f"{states[state]} {state}" for state in ("shown", "partly", "not"))
    sections = (_section(component, list(rows)) for component, rows in groupby(faults, lambda fault: fault.component))
    return f"{_HEAD}{len(faults)} faults: {counts}.\n\n" + "\n".join(sections)


def _state(fault: Fault) -> str:
    if not fault.shown:
        return "not"
    return "partly" if fault.missing else "shown"


def _section(component: str, faults: Sequence[Fault]) -> str:
    rows = [(fault.fault, fault.expected, _state(fault), _shown(fault), fault.missing) for fault in faults]
    return f"## {component}\n\n{table(('fault', 'expected', 'state', 'shown by', 'missing'), rows)}"


def _shown(fault: Fault) -> str:
    return ", ".join(_told(name) for name in fault.shown.split()) or "nothing yet"


def _told(name: str) -> str:
    kind, _, what = name.partition(":")
    return f"{_WORDS[kind]} `{what.replace('_', ' ')}`" if kind in _WORDS else f"`{name}`"


def _exists(tests: Path, name: str) -> bool:
    kind, _, what = name.partition(":")
    match kind:
        case "simulation":
            return what in RATES
        case "promise":
            return what in _promises(tests / "simulation" / "checks")
        case "chaos":
            return what == "power_cut" or f"_{what}" in _defined(tests / "chaos" / "nemesis.py", "Nemesis")
        case "bench":
            return (tests / "bench" / f"{what}.py").exists()
        case _:
            path, _, test = name.partition("::")
            return test.startswith(("test_", "Test")) and test in _defined(tests / path)


@cache
def _promises(folder: Path) -> frozenset[str]:
    return frozenset(re.findall(r"INV-\d\d", "".join(path.read_text() for path in sorted(folder.glob("*.py")))))


@cache
def _defined(path: Path, of: str = "") -> frozenset[str]:
    """The functions and classes of a file, or the functions of one of its classes."""
    body: Sequence[ast.stmt] = ast.parse(path.read_text()).body if path.exists() else ()
    if of:
        body = [one for node in body if isinstance(node, ast.ClassDef) and node.name == of for one in node.body]
    return frozenset(
        node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    )
