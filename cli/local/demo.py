"""`fairlead demo`: a release as its people see it, told while it happens and checked at the end of each chapter."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from cli import interruption
from cli.client import Client, connected
from cli.commands.wanted import Wanted
from cli.exits import Exit, Stop
from cli.local.chapter import Chapter, expect, images, read_back
from cli.local.stack import Running, running
from cli.options import Options
from cli.output import Output
from cli.starting import start

NEW = "1.28-alpine"
"""Marks the image of version 2."""


def demo(options: Options, *, keep: bool) -> int:
    output = Output(options)
    folder = Path(tempfile.mkdtemp(prefix="fairlead-demo-"))
    try:
        interruption.run(_play(options, output, folder))
    except Stop:
        keep = True
        raise
    except KeyboardInterrupt:
        raise Stop(Exit.INTERRUPTED, "interrupted; everything that the demonstration started is stopped") from None
    finally:
        if keep:
            output.note(
                f"kept: {folder} (logs in {folder}/logs); FAIRLEAD_STATE_DIR={folder} fairlead up goes on from here"
            )
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return Exit.DONE


async def _play(options: Options, output: Output, folder: Path) -> None:
    began = asyncio.get_running_loop().time()
    _title(output, "Starting NATS, the services, two pretend clusters and an agent in each")
    async with running(folder, output.note) as started:
        theirs = Options(server=started.up.server, token=started.up.token, no_color=options.no_color)
        async with connected(theirs, output) as client:
            await _tell(client, output, started)
    seconds = asyncio.get_running_loop().time() - began
    output.line(f"\nEverything was as told, in {seconds:.0f} s. Run it yourself: fairlead up")


async def _tell(client: Client, output: Output, started: Running) -> None:
    await _first(client, output)
    await _canary(client, output)
    await _broken(client, output)
    await _still_running(output, started)


async def _first(client: Client, output: Output) -> None:
    _title(
        output,
        "1. Version 1 goes to staging and prod: there is nothing to compare it with, so it goes straight to 100 %",
    )
    ended = await _deployed(client, output, "v1.yml")
    expect(ended == Exit.DONE, "version 1 succeeds")


async def _canary(client: Client, output: Output) -> None:
    _title(output, "2. Version 2: a canary in staging at 25 and 50 %, then prod, once a person agrees")
    chapter = Chapter(client, output)
    async with asyncio.TaskGroup() as group:
        person = group.create_task(chapter.approve_when_asked())
        ended = await _deployed(client, output, "v2.yml")
        person.cancel()
    expect(ended == Exit.DONE, "version 2 succeeds")
    told = await read_back(client)
    expect(chapter.has_approved, "prod waits for a person")
    expect(told.weights("staging") == [25, 50, 100], "staging gets 25, 50 and 100 %")
    expect(told.weights("prod") == [25, 50, 100], "prod gets 25, 50 and 100 %")
    expect(told.place("staging", "landed") < told.place("prod", "target-started"), "prod begins after staging is done")


async def _broken(client: Client, output: Output) -> None:
    _title(output, "3. Version 3 has an image that nobody can pull: staging waits, says why, and goes back by itself")
    ended = await _deployed(client, output, "v3.yml")
    expect(ended == Exit.FAILED, "version 3 fails")
    told = await read_back(client)
    expect(told.says("staging", "hindered"), "staging says why it waits")
    expect(told.says("staging", "rolled-back"), "staging goes back by itself")
    expect(not told.says("prod", "target-started"), "prod is never touched")


async def _still_running(output: Output, started: Running) -> None:
    _title(output, "4. What the clusters themselves say")
    for name in started.up.clusters:
        found = await images(f"http://127.0.0.1:{started.machine.ports[name]}", "shop")
        for image, ready in found:
            output.line(f"  {name}: {ready} pods ready of {image}")
        expect(
            len(found) == 1 and found[0][0].endswith(NEW) and found[0][1] == 4, f"{name} runs version 2, and only it"
        )


async def _deployed(client: Client, output: Output, file: str) -> Exit:
    path = example(file)
    output.line(f"$ fairlead deploy start -f {path} --watch")
    return await start(client, output, Wanted(file=path), f"demo-{file}", (True, 60.0))


def example(file: str) -> str:
    """As a person here would type it; the examples are beside this package, in a checkout as in an installation."""
    return os.path.relpath(Path(__file__).resolve().parents[2] / "examples" / "shop" / file)


def _title(output: Output, text: str) -> None:
    output.console.print(f"\n{text}", style="bold", markup=False)
