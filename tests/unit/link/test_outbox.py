"""What waits for a writer."""

import asyncio

from libs.link.outbox import Outbox


async def test_pieces_leave_in_order() -> None:
    box = Outbox(4, 100)
    box.add(b"1")
    box.add(b"2")
    assert [await box.next(), await box.next()] == [b"1", b"2"]


async def test_heartbeat_goes_first() -> None:
    box = Outbox(4, 100)
    box.add(b"long answer")
    box.add_urgent(b"ping")
    assert await box.next() == b"ping"


async def test_put_waits_for_room() -> None:
    box = Outbox(1, 100)
    await box.put(b"1")
    async with asyncio.TaskGroup() as group:
        putting = group.create_task(box.put(b"2"))
        await asyncio.sleep(0)
        assert not putting.done()
        assert await box.next() == b"1"
    assert await box.next() == b"2"


async def test_cancelled_writer_leaves_room_to_others() -> None:
    box = Outbox(1, 100)
    await box.put(b"1")
    async with asyncio.TaskGroup() as group:
        first, second = group.create_task(box.put(b"2")), group.create_task(box.put(b"3"))
        await asyncio.sleep(0)
        assert await box.next() == b"1"
        first.cancel()
        await second
    assert await box.next() == b"3"


async def test_bytes_fill_it_too() -> None:
    box = Outbox(100, 10)
    box.add(b"0123456789")
    assert box.is_full


async def test_unsent_names_what_still_waits() -> None:
    box = Outbox(4, 100)
    box.add(b"1", 7)
    box.add(b"2", 8)
    await box.next()
    assert box.unsent() == {8}


async def test_closed_box_is_emptied_first() -> None:
    box = Outbox(4, 100)
    box.add(b"1")
    box.close()
    assert [await box.next(), await box.next()] == [b"1", None]


async def test_heartbeats_do_not_pile_up() -> None:
    box = Outbox(4, 100)
    for seq in range(20):
        box.add_urgent(bytes([seq]))
    assert await box.next() == bytes([12])


async def test_reader_that_never_comes_is_noticed() -> None:
    box = Outbox(2, 1000)
    for _ in range(17):
        box.add(b"x")
    assert box.has_overflowed
