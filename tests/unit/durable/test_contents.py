import pytest
from msgspec import Struct, json

from libs.bus.broker import Broker
from libs.durable.contents import KEPT, Contents, Missing
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock


class Note(Struct):
    text: str


async def test_blob_is_read_once() -> None:
    store, notes = opened()
    digest = await store.save(json.encode(Note("kept")))
    first = await notes.read(digest)
    assert first == Note("kept")
    assert await notes.read(digest) is first


async def test_blob_used_longest_ago_is_let_go() -> None:
    store, notes = opened()
    digests = [await store.save(json.encode(Note(str(number)))) for number in range(KEPT + 1)]
    oldest, newest = [await notes.read(digest) for digest in digests][:: len(digests) - 1]
    assert await notes.read(digests[-1]) is newest
    assert await notes.read(digests[0]) is not oldest


async def test_absent_blob_is_told() -> None:
    with pytest.raises(Missing, match="not in the object store"):
        await opened()[1].read("0" * 64)


async def test_blob_of_another_type_is_told() -> None:
    store, notes = opened()
    digest = await store.save(b"[]")
    with pytest.raises(Missing, match="does not hold Note"):
        await notes.read(digest)


def opened() -> tuple[MemoryStore, Contents[Note]]:
    store = MemoryStore(Broker(VirtualClock()))
    return store, Contents(store, Note)
