"""`make bench [NAME=x]`: run the benchmarks, print the table, write build/bench.json; after all of them, the docs."""

import asyncio
import importlib
import os
import platform
import sys
import time

import msgspec

from tests.bench import document
from tests.bench.row import Row, table

BENCHES = (
    "commit",
    "parse",
    "roundtrip",
    "rollouts",
    "step",
    "memory",
    "cli",
    "start",
    "streams",
    "timers",
    "recovery",
    "soak",
)


def main(names: list[str]) -> int:
    unknown = set(names) - set(BENCHES)
    if unknown:
        sys.stderr.write(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(BENCHES)}\n")
        return 2
    rows: list[Row] = []
    for name in names or BENCHES:
        rows += _run(name)
        _keep(rows)  # what was measured stays, should the next one break
    print(table(rows))
    if not names:
        document.write()
    return 0


def _run(name: str) -> list[Row]:
    load, began = os.getloadavg()[0], time.perf_counter()
    print(f"running {name} …", file=sys.stderr, flush=True)
    rows: list[Row] = asyncio.run(importlib.import_module(f"tests.bench.{name}").run())
    print(f"  {time.perf_counter() - began:.0f} s, load average {load:.1f} before", file=sys.stderr, flush=True)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return [{**row, "machine": f"{system}, {os.cpu_count()} processors", "load": load} for row in rows]


def _keep(rows: list[Row]) -> None:
    """In place of what the same benchmarks have said before; in the order in which they are run."""
    fresh = {row["bench"] for row in rows}
    every = [*rows, *(row for row in document.known() if row["bench"] not in fresh and row["bench"] in BENCHES)]
    every.sort(key=lambda row: BENCHES.index(row["bench"]))
    document.OUTPUT.parent.mkdir(exist_ok=True)
    document.OUTPUT.write_bytes(msgspec.json.format(msgspec.json.encode(every)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
