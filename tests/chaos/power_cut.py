"""Is what was acknowledged still there when the power goes? The store of a node, as its disk held it at one instant.

The disk is a file behind a loop device: a copy of that file holds what was flushed, and nothing that the kernel kept.
"""

import asyncio
import os
import random
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from msgspec import Struct

from libs.bus.connection import connect
from libs.durable.ports import Unavailable, Unknown, Write
from libs.messages.subject import Key, state_subject
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import KEY_BYTES, Seal
from tests.servers import nats_server

_MEBIBYTES = 200
_WRITERS = 4


class Cut(Struct, frozen=True):
    """One run."""

    acknowledged: int = 0
    """Messages that were acknowledged before the power went."""
    lost: int = 0
    left_out: str = ""
    """Why it could not be run."""


class CannotMount(Exception):
    """This machine has no loop device for us."""


async def power_cut(folder: Path, seconds: float) -> Cut:
    """Commit for so long, cut the power, and look what is there when it is back."""
    try:
        with _disk(folder / "disk", _made(folder)) as disk:
            acknowledged = await _commit_until_cut(disk, folder, seconds)
        with _disk(folder / "afterwards", folder / "copy.img") as disk:
            found = await _found(disk)
    except CannotMount as error:
        return Cut(left_out=str(error))
    if not acknowledged:
        return Cut(left_out=f"nothing was acknowledged within {seconds:.0f} s")
    return Cut(len(acknowledged), len(acknowledged - found))


async def _commit_until_cut(disk: Path, folder: Path, seconds: float) -> set[str]:
    """What was acknowledged before the copy of the disk was begun."""
    acknowledged: set[str] = set()
    async with _server(disk) as store, asyncio.TaskGroup() as group:
        writers = [group.create_task(_write(store, number, acknowledged)) for number in range(_WRITERS)]
        await asyncio.sleep(seconds)
        before = set(acknowledged)
        await asyncio.to_thread(shutil.copyfile, folder / "disk.img", folder / "copy.img")
        for writer in writers:
            writer.cancel()
    return before


async def _write(store: JetStreamStore, writer: int, acknowledged: set[str]) -> None:
    """Batches of two, as machines commit them: the record, and a fact beside it."""
    number = 0
    while True:
        number += 1
        key = Key("main", writer, f"deployment-{writer}-{number}")
        record = state_subject("deployment", key)
        fact = record.replace("state.main.deployment.", "evt.main.deployment.started.")
        try:
            await store.commit([Write(fact, b"{}"), Write(record, bytes(1024), expected=0)])
        except (Unavailable, Unknown):
            continue
        acknowledged |= {fact, record}


async def _found(disk: Path) -> set[str]:
    async with _server(disk) as store:
        return {stored.subject async for stored in store.history(["state.>", "evt.>"])}


@asynccontextmanager
async def _server(disk: Path) -> AsyncIterator[JetStreamStore]:
    chance = random.SystemRandom()
    async with nats_server(disk / "nats") as server, connect([server.url], "power-cut", chance) as connection:
        await prepare(connection)
        yield JetStreamStore(connection, Seal(bytes(KEY_BYTES), chance), chance)


def _made(folder: Path) -> Path:
    """An empty disk."""
    if os.geteuid() != 0:
        raise CannotMount("only root can mount a disk")
    if shutil.which("mkfs.ext4", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
        raise CannotMount("mkfs.ext4 is missing")
    image = folder / "disk.img"
    folder.mkdir(parents=True, exist_ok=True)
    with image.open("wb") as file:
        file.truncate(_MEBIBYTES * 1024 * 1024)
    _run("mkfs.ext4", "-q", "-F", str(image))
    return image


@contextmanager
def _disk(place: Path, image: Path) -> Iterator[Path]:
    place.mkdir(parents=True)
    _run("mount", "-o", "loop", str(image), str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def _run(*command: str) -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})
    if done.returncode != 0:
        raise CannotMount(f"{command[0]}: {done.stderr.strip()}")
