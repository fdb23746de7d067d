"""What must exist in JetStream, and how blobs lie there."""

from pathlib import Path

import pytest

from libs.bus.connection import Connection, connect
from libs.durable.ports import Unavailable
from libs.runtime.clock import system_random
from libs.runtime.nats_server import NatsServer
from libs.store.jetstream import JetStreamStore
from libs.store.layout import blob_subject, blobs_stream
from libs.store.leader import last
from libs.store.prepare import Differs, prepare
from libs.store.seal import Seal, Unsealable
from tests.integration.conftest import Open
from tests.nats_cluster import NODES, NatsCluster
from tests.servers import nats_connection


def _store(connection: Connection, key: bytes) -> JetStreamStore:
    return JetStreamStore(connection, Seal(key, system_random()), system_random())


async def test_preparing_twice_is_no_error(real: Open, server: NatsServer) -> None:
    async with real(), nats_connection(server) as connection:
        await prepare(connection)


async def test_nodes_that_are_missing_are_waited_for(tmp_path: Path) -> None:
    nodes = NatsCluster(tmp_path)
    try:
        await nodes.start()
        async with connect(nodes.urls, "test", system_random()) as connection:
            with pytest.raises(Unavailable, match="5 nodes of NATS are needed"):
                await prepare(connection, NODES + 2)
    finally:
        nodes.kill()


@pytest.mark.parametrize(
    ("stream", "name", "value", "told"),
    [
        ("FAIRLEAD", "duplicate_window", 120_000_000_000, "duplicate_window is 120000000000, must be 600000000000"),
        ("FAIRLEAD", "max_age", 3_600_000_000_000, "max_age is 3600000000000, must be 0"),
        ("KV_lease", "max_msgs_per_subject", 5, "max_msgs_per_subject is 5, must be 1"),
    ],
)
async def test_other_configuration_is_named(
    real: Open, server: NatsServer, stream: str, name: str, value: int, told: str
) -> None:
    async with real(), nats_connection(server) as connection:
        info = await connection.ask(f"STREAM.INFO.{stream}", {}, dict)
        await connection.ask(f"STREAM.UPDATE.{stream}", info["config"] | {name: value}, object)
        with pytest.raises(Differs, match=f"stream {stream}: {told}"):
            await prepare(connection)


@pytest.mark.feature("F26")
async def test_blobs_lie_sealed(real: Open, server: NatsServer) -> None:
    async with real(), nats_connection(server) as connection:
        data = b"password: hunter2 " * 10_000
        digest = await _store(connection, b"k" * 32).save(data)
        raw = await (await connection.client.jetstream().object_store("blobs")).get(digest)
        assert raw.data is not None
        assert b"hunter2" not in raw.data
        assert len(raw.data) == len(data) + 28


async def test_small_blob_lies_sealed_too(real: Open, server: NatsServer) -> None:
    async with real(), nats_connection(server) as connection:
        data = b"password: hunter2"
        digest = await _store(connection, b"k" * 32).save(data)
        raw = await last(connection, blobs_stream(), blob_subject(digest))
        assert raw is not None
        assert b"hunter2" not in raw.data
        assert len(raw.data) == len(data) + 28


async def test_another_key_opens_nothing(real: Open, server: NatsServer) -> None:
    async with real(), nats_connection(server) as connection:
        digest = await _store(connection, b"k" * 32).save(b"secret")
        with pytest.raises(Unsealable, match=digest):
            await _store(connection, b"x" * 32).read(digest)


async def test_one_blob_cannot_pass_for_another(real: Open, server: NatsServer) -> None:
    async with real(), nats_connection(server) as connection:
        store = _store(connection, b"k" * 32)
        first, second = await store.save(b"first" * 30_000), await store.save(b"second" * 30_000)
        blobs = await connection.client.jetstream().object_store("blobs")
        await blobs.put(second, (await blobs.get(first)).data or b"")
        with pytest.raises(Unsealable):
            await store.read(second)


def test_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Seal(b"k" * 16, system_random())
