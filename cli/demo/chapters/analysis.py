"""The chapter about analysis: a real Prometheus says how the new version does, where there is one on this machine."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cli.demo.beside import Neighbours
from cli.demo.history import expect, read_back
from cli.demo.place import EXAMPLES
from cli.demo.teller import Teller
from cli.exits import Exit, Stop

FILE = "analysis/v5.yml"
VARIABLE = "FAIRLEAD_PROMETHEUS"


async def measured(teller: Teller, port: int) -> None:
    if not port:
        teller.say(f"No prometheus on the PATH, nor named by {VARIABLE}: the chapter about analysis is left out.")
        return
    teller.chapter("Version 5 is half out when Prometheus is asked how many requests fail: the mean decides")
    expect(await teller.deploy(FILE) == Exit.DONE, "version 5 is judged good")
    expect((await read_back(teller.client)).says("staging", "measured"), "its figures are told")
    teller.say("Release 6 has bad figures: it goes back after the first look.")
    expect(await teller.deploy(FILE, "release=6") == Exit.FAILED, "release 6 is judged bad")
    expect((await read_back(teller.client)).says("staging", "rolled-back"), "staging goes back")


@asynccontextmanager
async def collected(neighbours: Neighbours) -> AsyncIterator[int]:
    """The port of a Prometheus that collects the example's figures, which takes it a while; 0 where there is none."""
    if program := _prometheus():
        async with _running(neighbours, program) as port:
            yield port
    else:
        yield 0


def _prometheus() -> str:
    """The program; empty where there is none."""
    named = os.environ.get(VARIABLE, "")
    if not named:
        return shutil.which("prometheus") or ""
    path = Path(named, "prometheus") if os.path.isdir(named) else Path(named)
    if not (found := shutil.which(path)):
        raise Stop(Exit.WRONG, f"{VARIABLE} names {named}, which is no program", "name prometheus or its folder")
    return str(found)


@asynccontextmanager
async def _running(neighbours: Neighbours, program: str) -> AsyncIterator[int]:
    from libs.runtime.port import free_port

    async with neighbours.example("analysis/figures.py") as figures:
        port, config = free_port(), neighbours.folder / "prometheus.yml"
        config.write_text(_example("prometheus.yml").replace(":9101", f":{figures}"))
        command = (
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={neighbours.folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        async with neighbours.program("prometheus", command, port):
            yield port


def _example(name: str) -> str:
    return (EXAMPLES / "analysis" / name).read_text()
