"""How long a person waits for the command line: what needs nothing, and what asks a server.

The floor is the bare interpreter that starts and ends.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from libs.api.request import NewAgent, StartRequest
from libs.api.view import Accepted, AgentCreated
from tests.bench import application
from tests.bench.installation import installation
from tests.bench.row import Row, row

ROUNDS = 20
AGENT = "away"
"""Registered and never there: the deployment that is looked at stays where it is."""


async def run() -> list[Row]:
    program = str(Path(sys.executable).with_name("fairlead"))
    async with installation() as installed:
        environ = {**os.environ, "FAIRLEAD_SERVER": installed.client.place.server}
        environ["FAIRLEAD_TOKEN"] = installed.client.place.token
        await installed.client.post("/agents", NewAgent(AGENT), AgentCreated)
        config, files = application.deployment("shop", AGENT), application.manifests("shop", 1)
        await installed.client.post("/deployments", StartRequest(config, {"app.yml": files}), Accepted)
        floor = _took((sys.executable, "-c", "pass"), environ)
        version = _took((program, "--version"), environ)
        status = _took((program, "deploy", "status"), environ)
    return [
        row("cli", "fairlead --version", version, "ms", n=ROUNDS, floor=floor, goal="value <= 120"),
        row("cli", "fairlead deploy status", status, "ms", n=ROUNDS, floor=floor, goal="value <= 300"),
    ]


def _took(command: tuple[str, ...], environ: dict[str, str]) -> float:
    """The median; the first round, which fills caches, is not counted."""
    return median([_once(command, environ) for _ in range(ROUNDS + 1)][1:])


def _once(command: tuple[str, ...], environ: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000
