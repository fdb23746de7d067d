"""Messages that no client of ours would store, stored by one that speaks to the server directly."""

import asyncio

import pytest

from libs.durable.ports import Write
from libs.runtime.nats_server import NatsServer
from tests.integration.conftest import Open

GOOD = Write("cmd.t.rollout.start.1.d.-", b"good", id="one")
SUBJECT = b"cmd.t.rollout.start.1.e.-"


async def store(server: NatsServer, lines: bytes) -> None:
    """As raw lines of the protocol; `+OK` says that the server took them."""
    host, _, port = server.url.rpartition("/")[2].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        async with asyncio.timeout(10):
            await reader.readline()
            writer.write(b'CONNECT {"verbose":true,"headers":true}\r\n' + lines + b"PING\r\n")
            assert [await reader.readline() for _ in range(3)] == [b"+OK\r\n", b"+OK\r\n", b"PONG\r\n"]
    finally:
        writer.close()
        await writer.wait_closed()


def plain(subject: bytes) -> bytes:
    return b"PUB " + subject + b" 2\r\n{}\r\n"


def headed(headers: bytes) -> bytes:
    return b"HPUB %s %d %d\r\n%s{}\r\n" % (SUBJECT, len(headers), len(headers) + 2, headers)


STRANGE = [
    pytest.param(plain(b"cmd.t.rollout.start.1.\xff\xfe.-"), id="a subject that is no UTF-8"),
    pytest.param(plain(b"cmd.t.rollout.start.1.a\0b.-"), id="NUL in the subject"),
    pytest.param(plain("cmd.t.rollout.start.1.\u00a0.-".encode()), id="a space that is not one"),
    pytest.param(headed(b"NATS/1.0 \xff\xfe\xfd\r\n\r\n"), id="a status that is no UTF-8"),
    pytest.param(headed(b"NATS/1.0 409 Consumer Deleted\r\n\r\n"), id="an inline status"),
    pytest.param(headed(b"NATS/1.0\r\nStatus: 409\r\n\r\n"), id="a header called Status"),
    pytest.param(headed(b"NATS/1.0\r\nStatus: 404\r\nNats-Pending-Messages: x\r\n\r\n"), id="a forged end"),
    pytest.param(headed(b"NATS/1.0\r\n\xff\xfe: \xfd\r\n\r\n"), id="a header that is no UTF-8"),
    pytest.param(headed(b"NATS/1.0\r\nno colon at all\r\n\r\n"), id="a header without a value"),
    pytest.param(headed(b"NATS/1.0\r\nNats-Msg-Id: \xff\r\n\r\n"), id="an id that is no UTF-8"),
]


@pytest.mark.parametrize("lines", STRANGE)
async def test_strange_message_hides_no_other(real: Open, server: NatsServer, lines: bytes) -> None:
    async with real() as p:
        await store(server, lines)
        await p.store.commit([GOOD])
        async with p.bus.consume("c", ["cmd.>"]) as deliveries, asyncio.timeout(10):
            strange, good = await anext(deliveries), await anext(deliveries)
            for delivery in (strange, good):
                await delivery.ack()
        assert (strange.stored.data, good.stored.data, good.stored.id) == (b"{}", b"good", "one")
        assert [one.sequence async for one in p.store.history(["cmd.>"])] == [1, 2]
        assert [one.sequence for one in await p.store.lasts(["cmd.>"])] == [1, 2]
