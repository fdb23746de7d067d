"""What services may rely on from a bus, on a real one, on three nodes and on the twin."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from libs.bus import broker, jetstream
from libs.durable.ports import MAX_PACKET_BYTES, Bus, Delivery, Packet, Stored, Write
from libs.runtime.clock import SystemClock
from tests.integration.conftest import FORMS, Open, Ports, in_form

ORDER = "cmd.t.rollout.start.1.d{}.-"
ORDERS = "cmd.*.rollout.start.1.*.*"


@pytest.fixture(params=FORMS)
def ports(request: pytest.FixtureRequest) -> Open:
    return in_form(request)


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """An acknowledgement may take a second, and no longer."""
    monkeypatch.setattr(jetstream, "_Consumer", partial(jetstream._Consumer, ack_wait=1_000_000_000))
    monkeypatch.setattr(broker, "ACK_WAIT", timedelta(seconds=1))


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


async def known(teller: Bus, listener: Bus) -> None:
    """Until the teller's node knows of every subscription of the listener: nodes tell each other in order."""
    inbox = listener.inbox()
    async with listener.subscribe(inbox) as packets:
        hearing = asyncio.ensure_future(packet(packets))
        while not hearing.done():
            await teller.publish(inbox, b"")
            await asyncio.wait([hearing], timeout=0.05)
        await hearing


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
        await known(p.bus, bus)
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
        await known(p.bus, bus)
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
            await known(p.bus, bus)
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


async def test_unacknowledged_come_again_after_newer(ports: Open, brief: None) -> None:
    async with ports() as p, p.bus.consume("c", [ORDERS]) as deliveries:
        await store_orders(p, 1, 2)
        _, second = await take(deliveries, 2)
        await second.ack()
        await store_orders(p, 3)
        got = [d.stored.sequence for d in await take(deliveries, 2)]
        assert got == [3, 1]


async def test_late_acknowledgement_counts(ports: Open, brief: None) -> None:
    async with ports() as p:
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            await store_orders(p, 1)
            first, again = await take(deliveries, 2)
            assert first.stored == again.stored
            await first.ack()
            await store_orders(p, 2)
            (held,) = await take(deliveries, 1)
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            assert [d.stored.sequence for d in await take(deliveries, 1)] == [held.stored.sequence] == [2]


async def test_progress_keeps_a_message(ports: Open, brief: None) -> None:
    async with ports() as p, p.bus.consume("c", [ORDERS]) as deliveries:
        await store_orders(p, 1)
        (slow,) = await take(deliveries, 1)
        for number in range(2, 8):
            await slow.progress()
            await store_orders(p, number)
            (quick,) = await take(deliveries, 1)
            assert quick.stored.sequence == number
            await quick.ack()
            await asyncio.sleep(0.3)


async def test_acknowledged_twice_is_no_error(ports: Open) -> None:
    async with ports() as p:
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            await store_orders(p, 1, 2)
            first, _ = await take(deliveries, 2)
            for _ in range(3):
                await first.ack()
        async with p.bus.consume("c", [ORDERS]) as taken:
            assert [d.stored.sequence for d in await take(taken, 1)] == [2]


async def test_old_holder_may_acknowledge_after_takeover(ports: Open) -> None:
    async with ports() as p, p.rival() as (bus, _):
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            await store_orders(p, 1, 2)
            first, _ = await take(deliveries, 2)
        async with bus.consume("c", [ORDERS]) as deliveries:
            assert len(await take(deliveries, 2)) == 2
            await first.ack()
            await store_orders(p, 3)
            await take(deliveries, 1)
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            assert [d.stored.sequence for d in await take(deliveries, 2)] == [2, 3]


async def test_who_joins_gets_nothing_that_is_held(ports: Open) -> None:
    async with ports() as p, p.rival() as (bus, _), p.bus.consume("c", [ORDERS]) as deliveries:
        await store_orders(p, 1)
        await take(deliveries, 1)
        async with bus.consume("c", [ORDERS], takeover=False) as joined:
            waiting = asyncio.ensure_future(take(joined, 1))
            also = asyncio.ensure_future(take(deliveries, 1))
            await store_orders(p, 2)
            done, _ = await asyncio.wait([waiting, also], return_when=asyncio.FIRST_COMPLETED)
            assert [delivery.stored.sequence for task in done for delivery in task.result()] == [2]
            for task in (waiting, also):
                task.cancel()
            await asyncio.wait([waiting, also])


async def test_consumers_do_not_share(ports: Open) -> None:
    async with ports() as p, p.bus.consume("c", [ORDERS]) as one, p.bus.consume("d", [ORDERS]) as other:
        await store_orders(p, 1, 2)
        for deliveries in (one, other):
            assert [d.stored.sequence for d in await take(deliveries, 2)] == [1, 2]


async def test_floor_is_below_the_first_unacknowledged(ports: Open) -> None:
    async with ports() as p:
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            await store_orders(p, 1, 2, 3)
            for delivery in reversed(await take(deliveries, 3)):
                await delivery.ack()
        await store_orders(p, 4)
        async with p.bus.consume("c", [ORDERS]) as deliveries:
            assert [d.stored.sequence for d in await take(deliveries, 1)] == [4]


async def test_fired_timer_is_delivered(ports: Open) -> None:
    timer, due = "timer.t.rollout.step.1.d.-.1", "due.t.rollout.step.1.d.-.1"
    async with ports() as p, p.bus.consume("c", [ORDERS, "due.*.rollout.*.1.*.*.*"]) as deliveries:
        await p.store.commit([Write(timer, b"x", fires_at=SystemClock().now(), fires_as=due)])
        (fired,) = await take(deliveries, 1)
        assert (fired.stored.subject, fired.stored.data, fired.stored.id) == (due, b"x", "")


async def test_delivery_is_what_was_stored(ports: Open) -> None:
    async with ports() as p, p.bus.consume("c", [ORDERS]) as deliveries:
        await p.store.commit([Write(ORDER.format(1), bytes(range(256)), id="one")])
        (delivery,) = await take(deliveries, 1)
        assert delivery.stored == await p.store.last(ORDER.format(1))


@pytest.mark.parametrize("filters", [[], [ORDERS, "cmd.>"], [ORDERS, ORDERS], ["evt.*.a.>", "evt.t.*.b"]])
async def test_overlapping_filters_are_refused(ports: Open, filters: list[str]) -> None:
    async with ports() as p:
        with pytest.raises(ValueError, match="filter"):
            await p.bus.consume("c", filters).__aenter__()
        with pytest.raises(ValueError, match="filter"):
            await anext(p.bus.follow(filters))


@pytest.mark.parametrize("filters", [["cmd.t.>", "cmd.u.>"], ["evt.*.a", "evt.*.a.b"], ["cmd.*.a.*", "cmd.*.b.*"]])
async def test_filters_may_stand_side_by_side(ports: Open, filters: list[str]) -> None:
    async with ports() as p, p.bus.consume("c", filters) as deliveries:
        for filter_ in filters:
            await p.store.commit([Write(filter_.replace("*", "x").replace(">", "y.z"), b"")])
        assert [d.stored.sequence for d in await take(deliveries, 2)] == [1, 2]


async def test_following_passes_what_was_cancelled(ports: Open) -> None:
    timer, due = "timer.t.rollout.step.1.d.-.1", "due.t.rollout.step.1.d.-.1"
    later = SystemClock().now() + timedelta(hours=1)
    async with ports() as p:
        await p.store.commit([Write(timer, b"", fires_at=later, fires_as=due)])
        await p.store.commit([Write(ORDER.format(1), b"", cancels=timer)])
        assert await sequences(p.bus.follow([">"], after=0), 1) == [2]


async def test_followers_hear_the_same(ports: Open) -> None:
    async with ports() as p, p.rival() as (bus, _):
        one, other = p.bus.follow([ORDERS], after=0), bus.follow([ORDERS], after=0)
        await store_orders(p, 1, 2, 3)
        assert await sequences(one, 3) == await sequences(other, 3) == [1, 2, 3]


async def test_following_begins_beyond_the_end(ports: Open) -> None:
    async with ports() as p:
        await store_orders(p, 1)
        messages = p.bus.follow([ORDERS], after=3)
        first = asyncio.ensure_future(sequences(messages, 1))
        await store_orders(p, 2, 3, 4, 5)
        assert await first == [4]


async def test_listener_hears_itself_in_order(ports: Open) -> None:
    async with ports() as p, p.bus.subscribe("live.t.*") as packets:
        for number in range(100):
            await p.bus.publish("live.t.d", b"%d" % number)
        assert [(await packet(packets)).data for _ in range(100)] == [b"%d" % number for number in range(100)]


async def test_plain_listener_hears_beside_a_group(ports: Open) -> None:
    async with (
        ports() as p,
        p.rival() as (bus, _),
        p.bus.subscribe("agent.beside", queue="g") as member,
        p.bus.subscribe("agent.beside", queue="h") as other_group,
        bus.subscribe("agent.*") as plain,
    ):
        await known(p.bus, bus)
        await p.bus.publish("agent.beside", b"x")
        for packets in (member, other_group, plain):
            assert (await packet(packets)).data == b"x"


@pytest.mark.parametrize(
    ("filter_", "heard"),
    [
        ("live.>", ["live.a", "live.a.b", "live.a.b.c"]),
        ("live.*", ["live.a"]),
        ("live.*.b", ["live.a.b"]),
        ("live.a", ["live.a"]),
        ("*.a.>", ["live.a.b", "live.a.b.c"]),
    ],
)
async def test_wildcards_stand_for_tokens(ports: Open, filter_: str, heard: list[str]) -> None:
    async with ports() as p, p.bus.subscribe(filter_) as packets, p.bus.subscribe("end.x") as end:
        for subject in ("live.a", "live.a.b", "live.a.b.c", "lives.a.b"):
            await p.bus.publish(subject, b"")
        await p.bus.publish("end.x", b"")
        await packet(end)
        got = [(await packet(packets)).subject for _ in heard]
        assert got == [subject for subject in heard if subject != "lives.a.b"]


async def test_empty_packet_is_not_gone(ports: Open) -> None:
    async with ports() as p, p.bus.subscribe("agent.empty") as packets:
        await p.bus.publish("agent.empty", b"", reply="somewhere")
        assert await packet(packets) == Packet("agent.empty", b"", "somewhere")


async def test_any_listener_is_somebody(ports: Open) -> None:
    async with ports() as p, p.rival() as (bus, _):
        inbox = p.bus.inbox()
        async with p.bus.subscribe(inbox) as answers, bus.subscribe("agent.somebody.>") as heard:
            await known(p.bus, bus)
            await p.bus.publish("agent.somebody.a", b"?", reply=inbox)
            assert (await packet(heard)).reply == inbox
            await bus.publish(inbox, b"!")
            assert await packet(answers) == Packet(inbox, b"!")


async def test_unheard_message_without_reply_is_no_error(ports: Open) -> None:
    async with ports() as p:
        await p.bus.publish("live.nobody.hears", b"")


async def test_largest_packet_arrives(ports: Open) -> None:
    async with ports() as p, p.bus.subscribe("live.large") as packets:
        await p.bus.publish("live.large", b"x" * MAX_PACKET_BYTES)
        assert len((await packet(packets)).data) == MAX_PACKET_BYTES


async def test_packet_over_the_limit_is_refused(ports: Open) -> None:
    async with ports() as p, p.bus.subscribe("live.over") as packets:
        with pytest.raises(ValueError, match="more than"):
            await p.bus.publish("live.over", b"x" * (MAX_PACKET_BYTES + 1))
        await p.bus.publish("live.over", b"still here")
        assert (await packet(packets)).data == b"still here"


async def test_unread_of_one_listener_costs_no_other(ports: Open) -> None:
    async with ports() as p, p.bus.subscribe("live.y", pending=1) as slow, p.bus.subscribe("live.y") as quick:
        for number in range(5):
            await p.bus.publish("live.y", b"%d" % number)
        assert [(await packet(quick)).data for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
        assert (await packet(slow)).data == b"4"


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
