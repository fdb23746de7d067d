"""What releases without a pause leave behind in the services: memory, tasks, open files; FULL=1 for an hour of them.

Looked at whenever nothing is under way. Compared is what comes after everything that has bounds is full.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from statistics import linear_regression, median

from msgspec import Struct

from tests.bench import application
from tests.bench.installation import Installation, installation, until
from tests.bench.memory import APPLICATIONS, WARMING, resident, turns
from tests.bench.row import Row, row
from tests.bench.services_child import FILE

SECONDS = 3600 if os.environ.get("FULL") == "1" else 90
MODULE = "tests.bench.services_child"


class Look(Struct, frozen=True):
    """The services after so many deployments."""

    deployments: int
    mebibytes: float
    tasks: int
    files: int


async def run() -> list[Row]:
    async with installation(MODULE) as running:
        await running.ask("POST", "/api/v1/namespaces", application.namespace(application.NAMESPACE))
        await turns(running, 1, WARMING)
        looks = await _released(running)
    n = looks[-1].deployments - looks[0].deployments
    slope, _ = linear_regression([look.deployments for look in looks], [look.mebibytes for look in looks])
    return [
        row("soak", "services, growth over 1,000", slope * 1000, "MiB", n=n, goal="value <= 5"),
        row("soak", "tasks, growth", _growth(looks, lambda look: look.tasks), "1", n=n, goal="value <= 2"),
        row("soak", "open files, growth", _growth(looks, lambda look: look.files), "1", n=n, goal="value <= 2"),
        row("soak", "deployments", n * 60 / SECONDS, "1/min", n=n),
    ]


async def _released(running: Installation) -> list[Look]:
    """One turn after the other; what the services are after each."""
    began, version = time.perf_counter(), WARMING + 1
    looks = [await _look(running, 0)]
    while time.perf_counter() < began + SECONDS:
        await turns(running, version, 1)
        version += 1
        looks.append(await _look(running, looks[-1].deployments + APPLICATIONS))
    return looks


async def _look(running: Installation, deployments: int) -> Look:
    path = running.journal.parent / FILE
    path.unlink(missing_ok=True)
    os.kill(running.services, signal.SIGUSR1)

    async def has_told() -> bool:
        return path.exists()

    await until(has_told)
    return Look(deployments, resident(running.services), int(path.read_text()), _open_files(running.services))


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _growth(looks: list[Look], measured: Callable[[Look], int]) -> float:
    """The middle of the last third of all looks less that of the first."""
    third = max(1, len(looks) // 3)
    first, last = (median(map(measured, part)) for part in (looks[:third], looks[-third:]))
    return float(last - first)
