"""Blobs by digest: read once, the last ones kept, a missing one named."""

import msgspec
import pytest

from libs.bus.broker import Broker
from libs.durable.contents import Missing
from libs.store.memory import MemoryStore
from libs.workload.dialogue.wanted import Adopted, Snapshot
from services.executor.papers import KEPT, Papers
from tests.clock import VirtualClock


async def objects(store: MemoryStore, name: str) -> str:
    return await store.save(msgspec.json.encode([{"kind": "ConfigMap", "metadata": {"name": name}}]))


async def test_manifests_are_read_once() -> None:
    broker = Broker(VirtualClock())
    store = MemoryStore(broker)
    papers, digest = Papers(store), await objects(store, "a")
    first = await papers.objects(digest)
    broker.blobs.clear()
    assert await papers.objects(digest) is first
    assert first[0]["metadata"]["name"] == "a"


async def test_snapshot_comes_back_as_kept() -> None:
    papers = Papers(MemoryStore(Broker(VirtualClock())))
    snapshot = Snapshot(adopted=(Adopted("shop", "web", "u1", 3),))
    digest = await papers.keep(snapshot)
    assert await papers.snapshot(digest) == snapshot
    assert await papers.keep(snapshot) == digest


async def test_only_the_last_are_kept() -> None:
    broker = Broker(VirtualClock())
    store = MemoryStore(broker)
    papers = Papers(store)
    digests = [await objects(store, str(number)) for number in range(KEPT + 1)]
    for digest in digests:
        await papers.objects(digest)
    broker.blobs.clear()
    await papers.objects(digests[-1])
    with pytest.raises(Missing):
        await papers.objects(digests[0])


async def test_missing_blob_is_named() -> None:
    papers = Papers(MemoryStore(Broker(VirtualClock())))
    with pytest.raises(Missing, match="sha256-x is not in the object store"):
        await papers.snapshot("sha256-x")
