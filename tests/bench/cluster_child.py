"""The sandbox cluster of a benchmark, a process of its own that writes down when each ReplicaSet changed, and how."""

import asyncio
import sys
from pathlib import Path
from typing import TextIO

import msgspec
from msgspec import Struct

from libs.runtime.clock import Clock, SystemClock
from libs.workload.kinds.naming import APPLICATION
from libs.workload.kinds.objects import annotation, number, table
from sandbox.server import Options, serve
from sandbox.state.store import Change, Event


class Published(Struct, frozen=True):
    """One change of a ReplicaSet, at the instant at which the cluster made it known."""

    at: float
    application: str
    replica_set: str
    is_write: bool
    """Somebody outside asked for it; otherwise the cluster's controller tells how far it is."""
    is_whole: bool
    """As many pods as wanted, all of them available."""
    is_gone: bool


async def cluster(kubeconfig: Path, journal: Path) -> None:
    clock = SystemClock()
    with journal.open("a", buffering=1) as file:
        async with serve(Options(), clock) as sandbox:
            sandbox.cluster.store.listen(lambda event: _note(file, event, clock))
            kubeconfig.write_text(sandbox.kubeconfig)  # noqa: ASYNC240 - once, before anybody asks
            print(sandbox.url, flush=True)
            await asyncio.Event().wait()


def _note(file: TextIO, event: Event, clock: Clock) -> None:
    if event.ref.resource == "replicasets.apps":
        file.write(msgspec.json.encode(_published(event, clock)).decode() + "\n")


def _published(event: Event, clock: Clock) -> Published:
    value, before = event.value, event.previous
    size = number(value, "spec", "replicas")
    marks = [table(one, "metadata", "annotations") for one in (value, before)]
    is_write = event.change is not Change.MODIFIED or before is None or before["spec"] != value["spec"]
    return Published(
        at=clock.now().timestamp(),
        application=annotation(value, APPLICATION),
        replica_set=event.ref.name,
        is_write=is_write or marks[0] != marks[1],
        is_whole=size == number(value, "status", "replicas") == number(value, "status", "availableReplicas"),
        is_gone=event.change is Change.DELETED,
    )


if __name__ == "__main__":
    asyncio.run(cluster(Path(sys.argv[1]), Path(sys.argv[2])))
