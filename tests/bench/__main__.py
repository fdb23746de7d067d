"""`make bench [NAME=x]`: run the benchmarks, print the table, write build/bench.json."""

import asyncio
import importlib
import platform
import sys
from pathlib import Path

import msgspec

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
)
OUTPUT = Path(__file__).parent.parent.parent / "build" / "bench.json"


def main(names: list[str]) -> int:
    unknown = set(names) - set(BENCHES)
    if unknown:
        sys.stderr.write(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(BENCHES)}\n")
        return 2
    rows: list[Row] = []
    for name in names or BENCHES:
        print(f"running {name} …", file=sys.stderr, flush=True)
        rows += asyncio.run(importlib.import_module(f"tests.bench.{name}").run())
    print(table(rows))
    OUTPUT.parent.mkdir(exist_ok=True)
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    OUTPUT.write_bytes(msgspec.json.format(msgspec.json.encode([{**row, "machine": machine} for row in rows])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
