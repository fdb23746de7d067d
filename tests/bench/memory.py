"""What lies in memory: all services in one process and an agent, idle, and what a thousand deployments leave behind.

Without NATS, the agents and the clusters, which are processes of their own. Resident memory as the kernel counts it.
"""

import asyncio
import os
from pathlib import Path

from tests.bench import application
from tests.bench.installation import Installation, installation
from tests.bench.row import Row, row

APPLICATIONS = 20
"""Released again and again, all at once."""
WARMING = 20
"""Turns before anything is compared, until what has bounds is full: that is no growth."""
TURNS = 50 if os.environ.get("FULL") == "1" else 10
IDLE_SECONDS = 2.0
_MEBIBYTE = 1024


async def run() -> list[Row]:
    async with installation() as running:
        await running.ask("POST", "/api/v1/namespaces", application.namespace(application.NAMESPACE))
        await asyncio.sleep(IDLE_SECONDS)
        idle, agent_idle = resident(running.services), resident(running.agent)
        await turns(running, 1, WARMING)
        before = resident(running.services)
        await turns(running, 1 + WARMING, TURNS)
        after, agent_after = resident(running.services), resident(running.agent)
    n = APPLICATIONS * TURNS
    each_thousand = max(0.0, after - before) * 1000 / n
    return [
        row("memory", "services, idle", idle, "MiB", n=1, goal="value <= 150"),
        row("memory", "services, growth over 1,000", each_thousand, "MiB", n=n, goal="value <= 5"),
        row("memory", "agent, idle", agent_idle, "MiB", n=1, goal="value <= 60"),
        row("memory", "agent, after them", agent_after, "MiB", n=n),
    ]


async def turns(running: Installation, first: int, count: int) -> None:
    """Everybody's next version, `count` times, each time to the end."""
    for version in range(first, first + count):
        async with asyncio.TaskGroup() as group:
            for number in range(APPLICATIONS):
                group.create_task(running.deploy(f"app-{number}", version))
        await running.ended(APPLICATIONS)


def resident(pid: int) -> float:
    """In MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / _MEBIBYTE
    raise AssertionError(f"the kernel does not say how large {pid} is")
