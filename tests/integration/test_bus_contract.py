"""What services may rely on from a bus, on the real one and on the twin."""

import asyncio
from collections.abc import AsyncIterator

from libs.durable.ports import Delivery, Packet, Stored, Write
from tests.integration.conftest import Open, Ports

ORDER = "cmd.t.rollout.start.1.d{}.-"
ORDERS = "cmd.*.rollout.start.1.*.*"


async def store_orders(ports: Ports, *numbers: int) -> None:
    for number in numbers:
        await ports.store.commit([Write(ORDER.format(number), b"%d" % number)])


async def take(deliveries: AsyncIterator[Delivery], count: int) -> list[Delivery]:
    async with asyncio.timeout(10):
        return [await anext(deliveries) for _ in range(count)]


async def sequences(messages: AsyncIterator[Stored], count: int) -> list[int]:
    async with asyncio.timeout(10):
        return [(await anext(messages)).sequence for _ in range(count)]


async def packet(packets: AsyncIterator[Packet]) -> Packet:
    async with asyncio.timeout(10):
        return await anext(packets)


async def test_consumer_delivers_what_matches_in_order(ports: Open) -> None:
    async with ports() as p, p.bus.consume("c", [ORDERS, "due.>"]) as deliveries:
        await p.store.commit([Write("evt.t.rollout.started.1.d.-", b"not for it")])
        await store_orders(p, 1, 2, 3)
        got = [delivery.stored for delivery in await take(deliveries, 3)]
        assert [(stored.sequence, stored.data) for stored in got] == [(2, b"1"), (3, b"2"), (4, b"3")]


async def test_consumer_begins_before_it_was_made(ports: Open) -> None:
    async with ports() as p:
        await store_orders(p, 1)
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            assert [d.stored.sequence for d in await take(deliveries, 1)] == [1]


async def test_many_messages_come_once_each(ports: Open) -> None:
    async with ports() as p, p.bus.consume("c", [ORDERS]) as deliveries:
        for _ in range(10):
            await p.store.commit([Write(ORDER.format(1), b"")] * 100)
        seen = []
        for _ in range(1000):
            (delivery,) = await take(deliveries, 1)
            seen.append(delivery.stored.sequence)
            await delivery.ack()
        assert seen == list(range(1, 1001))


async def test_unacknowledged_are_bounded(ports: Open) -> None:
    async with ports() as p, p.bus.consume("c", [ORDERS]) as deliveries:
        for _ in range(3):
            await p.store.commit([Write(ORDER.format(1), b"")] * 100)
        held = await take(deliveries, 256)
        await held[0].ack()
        assert [d.stored.sequence for d in await take(deliveries, 1)] == [257]


async def test_takeover_goes_back_to_the_floor(ports: Open) -> None:
    async with ports() as p:
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            await store_orders(p, 1, 2, 3, 4)
            held = await take(deliveries, 4)
            await held[0].ack()
            await held[2].ack()
        async with p.rival() as (bus, _), bus.consume("c", [ORDERS]) as deliveries:
            again = [d.stored.sequence for d in await take(deliveries, 3)]
        assert again == [2, 3, 4]


async def test_acknowledged_do_not_come_again(ports: Open) -> None:
    async with ports() as p:
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            await store_orders(p, 1, 2)
            for delivery in await take(deliveries, 2):
                await delivery.ack()
        await store_orders(p, 3)
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            assert [d.stored.sequence for d in await take(deliveries, 1)] == [3]


async def test_sharing_a_consumer_divides_its_messages(ports: Open) -> None:
    async with (
        ports() as p,
        p.rival() as (bus, _),
        p.bus.consume("c", [ORDERS]) as one,
        bus.consume("c", [ORDERS], takeover=False) as other,
    ):
        got: list[int] = []
        enough = asyncio.Event()

        async def collect(deliveries: AsyncIterator[Delivery]) -> None:
            async for delivery in deliveries:
                got.append(delivery.stored.sequence)
                await delivery.ack()
                if len(got) == 200:
                    enough.set()

        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            readers = [group.create_task(collect(deliveries)) for deliveries in (one, other)]
            for _ in range(2):
                await p.store.commit([Write(ORDER.format(1), b"")] * 100)
            await enough.wait()
            for reader in readers:
                reader.cancel()
        assert sorted(got) == list(range(1, 201))


async def test_filters_of_a_consumer_can_change(ports: Open) -> None:
    async with ports() as p:
        async with p.bus.consume("c", [ORDERS]):
            pass
        async with p.bus.consume("c", [ORDERS, "evt.*.rollout.started.1.*.*"]) as deliveries:
            await p.store.commit([Write("evt.t.rollout.started.1.d.-", b"")])
            assert len(await take(deliveries, 1)) == 1


async def test_following_resumes_after_a_sequence(ports: Open) -> None:
    async with ports() as p:
        await store_orders(p, 1, 2)
        messages = p.bus.follow([ORDERS], after=1)
        assert await sequences(messages, 1) == [2]
        await store_orders(p, 3, 4)
        assert await sequences(messages, 2) == [3, 4]


async def test_following_from_now_skips_the_past(ports: Open) -> None:
    async with ports() as p:
        await store_orders(p, 1)
        messages = p.bus.follow([ORDERS])
        first = asyncio.ensure_future(sequences(messages, 1))
        number = 2
        while not first.done():
            await store_orders(p, number)
            number += 1
            await asyncio.wait([first], timeout=0.2)
        assert (await first)[0] > 1


async def test_core_messages_reach_every_listener(ports: Open) -> None:
    async with (
        ports() as p,
        p.rival() as (bus, _),
        p.bus.subscribe("live.t.*") as one,
        bus.subscribe("live.>") as other,
    ):
        await p.bus.publish("live.t.d", b"1")
        assert await packet(one) == await packet(other) == Packet("live.t.d", b"1")


async def test_queue_group_shares_its_messages(ports: Open) -> None:
    seen: list[bytes] = []
    enough = asyncio.Event()

    async def collect(packets: AsyncIterator[Packet]) -> None:
        async for one in packets:
            seen.append(one.data)
            if len(seen) == 20:
                enough.set()

    async with (
        ports() as p,
        p.rival() as (bus, _),
        p.bus.subscribe("agent.q", queue="g") as one,
        bus.subscribe("agent.q", queue="g") as other,
        asyncio.timeout(10),
        asyncio.TaskGroup() as group,
    ):
        readers = [group.create_task(collect(packets)) for packets in (one, other)]
        for number in range(20):
            await p.bus.publish("agent.q", b"%d" % number)
        await enough.wait()
        for reader in readers:
            reader.cancel()
    assert sorted(seen, key=int) == [b"%d" % number for number in range(20)]


async def test_request_is_answered_at_the_inbox(ports: Open) -> None:
    async with ports() as p, p.rival() as (bus, _):
        # A subject of its own: the server may still know a member of the queue group that another test has just left.
        subject, inbox = "agent.t.asked.request", p.bus.inbox()
        async with p.bus.subscribe(inbox) as answers, bus.subscribe(subject, queue="g") as requests:
            await p.bus.publish(subject, b"?", reply=inbox)
            asked = await packet(requests)
            await bus.publish(asked.reply, b"!")
            assert (await packet(answers)).data == b"!"


async def test_request_nobody_hears_is_gone(ports: Open) -> None:
    async with ports() as p:
        inbox = p.bus.inbox()
        async with p.bus.subscribe(inbox) as answers:
            await p.bus.publish("agent.t.nobody.request", b"?", reply=inbox)
            assert (await packet(answers)).gone


async def test_ended_subscription_hears_nothing(ports: Open) -> None:
    async with ports() as p:
        async with p.bus.subscribe("agent.t.a.request"):
            pass
        inbox = p.bus.inbox()
        async with p.bus.subscribe(inbox) as answers:
            await p.bus.publish("agent.t.a.request", b"?", reply=inbox)
            assert (await packet(answers)).gone


async def test_oldest_unread_go_first(ports: Open) -> None:
    async with ports() as p, p.bus.subscribe("live.x", pending=3) as packets, p.bus.subscribe("live.end") as end:
        for number in range(10):
            await p.bus.publish("live.x", b"%d" % number)
        await p.bus.publish("live.end", b"")
        await packet(end)
        got = [(await packet(packets)).data for _ in range(3)]
        assert got == [b"7", b"8", b"9"]


async def test_inboxes_differ(ports: Open) -> None:
    async with ports() as p, p.rival() as (bus, _):
        assert len({p.bus.inbox(), p.bus.inbox(), bus.inbox(), bus.inbox()}) == 4


async def test_deliveries_can_be_left_and_taken_up(ports: Open) -> None:
    seen: list[int] = []
    async with ports() as p:
        await p.store.commit([Write(ORDER.format(1), b"")] * 90)
        for _ in range(3):
            seen += await _acknowledged(p, 30)
    assert seen == list(range(1, 91))


async def _acknowledged(p: Ports, count: int) -> list[int]:
    async with p.bus.consume("c", [ORDERS]) as deliveries:
        held = await take(deliveries, count)
        for delivery in held:
            await delivery.ack()
    return [delivery.stored.sequence for delivery in held]
