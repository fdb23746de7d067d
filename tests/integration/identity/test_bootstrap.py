"""The first clients, made while NATS does not answer as it should."""

from pathlib import Path
from random import Random

import msgspec
import pytest

from libs.auth import clients
from libs.bus.broker import Broker
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from libs.store.memory import MemoryStore
from services.bootstrap import FILE, bootstrap
from services.identity.handlers import TENANT
from tests.faults import AWAY, LOST_AFTER, LOST_BEFORE, FaultyStore
from tests.unit.auth.virtual import VirtualClock


@pytest.mark.parametrize("fault", [AWAY, LOST_BEFORE, LOST_AFTER])
@pytest.mark.parametrize("done_before", [0, 1, 2])
async def test_every_client_is_made_with_the_secret_that_is_told(tmp_path: Path, fault: str, done_before: int) -> None:
    clock = VirtualClock()
    store = FaultyStore(MemoryStore(Broker(clock)))
    process = Process(
        "bootstrap", ProcessSettings(state_dir=tmp_path), Health(), Metrics(), clock, Random(7), "bootstrap-1"
    )
    store.puts += [*[None] * done_before, fault]
    await bootstrap(process, store, ("prod", "edge"), "gateway:8443")
    told = msgspec.json.decode((tmp_path / FILE).read_bytes())
    secrets = [told["admin"], *told["agents"].values()]
    assert {client.id for client in await clients.listed(store, TENANT)} == {one["client_id"] for one in secrets}
    for one in secrets:
        client = await clients.find(store, one["client_id"])
        assert client is not None
        assert clients.matches(one["client_secret"], client)
