"""A server at its limits: no room, all batches open, a request that never arrived. Nothing is lost, and it says so."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from libs.bus import pull
from libs.bus.jetstream import JetStreamBus
from libs.durable.ports import Unavailable, Unknown, Write
from libs.runtime import nats_server as embedded
from libs.runtime.clock import system_random
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from tests.integration.conftest import store_on
from tests.servers import nats_connection, nats_server

OPEN_MOST = 10
"""Batches on a stream: few, so that they are all open before the first of them is forgotten."""
TOO_MANY_OPEN = 10210


def fact(number: int, data: bytes = b"") -> Write:
    return Write(f"evt.t.x.y.1.d{number}.-", data, id=f"m{number}")


async def commits_until_full(store: JetStreamStore) -> int:
    """How many were acknowledged before the first that was not. A server without room gives no verdict, or says so."""
    for number in range(100):
        try:
            await store.commit([fact(number, b"x" * 100_000), Write(f"state.t.x.1.d{number}.-", b"1", expected=0)])
        except (Unavailable, Unknown):
            return number
    raise AssertionError("it never was full")


async def stored(store: JetStreamStore) -> tuple[int, int]:
    """How many facts, and how many records."""
    return len([one async for one in store.history(["evt.>"])]), len([one async for one in store.history(["state.>"])])


async def test_full_store_refuses_and_drops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy = embedded._CONFIG
    monkeypatch.setattr(embedded, "_CONFIG", roomy.replace("sync_interval", "max_file_store: 3MB\n  sync_interval"))
    async with nats_server(tmp_path) as server, nats_connection(server) as connection:
        await prepare(connection)
        accepted = await commits_until_full(store_on(connection))
    monkeypatch.setattr(embedded, "_CONFIG", roomy)
    async with nats_server(tmp_path) as server, nats_connection(server) as connection:
        store = store_on(connection)
        facts, records = await stored(store)
        assert facts == records, "half a batch was stored"
        assert 5 < accepted <= facts <= accepted + 1, "only the one without a verdict may have been stored as well"
        await store.commit([fact(1000)])
        assert await stored(store) == (facts + 1, records)


class _Verdict(msgspec.Struct):
    error: dict[str, Any] = {}


def beginning(number: int) -> tuple[str, bytes, dict[str, str]]:
    """Of a batch that nobody ends."""
    headers = {"Nats-Batch-Id": f"left{number}", "Nats-Batch-Sequence": "1"}
    return f"evt.t.x.y.1.left{number}.-", b"", headers


async def test_abandoned_batches_only_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    few = embedded._CONFIG.replace("max_inflight_per_stream: 400", f"max_inflight_per_stream: {OPEN_MOST}")
    monkeypatch.setattr(embedded, "_CONFIG", few)
    async with nats_server() as server, nats_connection(server) as connection:
        await prepare(connection)
        for number in range(OPEN_MOST):
            subject, data, headers = beginning(number)
            await connection.client.publish(subject, data, headers=headers)
        answer = await connection.request(*beginning(OPEN_MOST))
        assert msgspec.json.decode(answer.data, type=_Verdict).error["err_code"] == TOO_MANY_OPEN
        refused: list[int] = []
        chance = system_random()
        store = JetStreamStore(connection, Seal(b"k" * 32, chance), chance, lambda: refused.append(1))
        with capture_logs() as logged:
            await store.commit([fact(1), fact(2)])
        assert [one.id async for one in store.history(["evt.>"])] == ["m1", "m2"]
        assert refused
        assert [line["event"] for line in logged] == ["batches_refused"]


async def test_lost_pull_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[str] = []
    monkeypatch.setattr(pull, "_SILENCE", 0.5)
    async with nats_server() as server, nats_connection(server) as connection:
        await prepare(connection)
        publish = connection.client.publish

        async def lossy(subject: str, *args: Any, **kwargs: Any) -> None:
            if subject.startswith("$JS.API.CONSUMER.MSG.NEXT.") and not lost:
                lost.append(subject)
            else:
                await publish(subject, *args, **kwargs)

        monkeypatch.setattr(connection.client, "publish", lossy)
        await store_on(connection).commit([fact(1)])
        async with JetStreamBus(connection).consume("c", ["evt.>"]) as deliveries:
            delivery = await anext(deliveries)
        assert (delivery.stored.id, len(lost)) == ("m1", 1)
