"""A stream that is not the one that was known: whoever lives through it and whoever starts on it does nothing more."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct
from structlog.testing import capture_logs

from libs.bus.connection import Connection
from libs.bus.pull import STREAM
from libs.bus.reader import last_sequence
from libs.durable.ports import Unavailable, Unknown, WentBack, Write
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.health import SAFE_MODE, Health
from libs.runtime.metrics import Metrics
from libs.runtime.nats_server import NatsServer
from libs.runtime.process import CannotStart, Process
from libs.runtime.settings import KNOWN_STORE, ProcessSettings
from libs.store.known import Known, Landmark
from libs.store.opened import Ground, opened
from libs.store.prepare import prepare
from tests.servers import nats_connection, nats_server
from tests.waiting import eventually

RECORD = "state.main.rollout.3.d.prod"


class Plant(Struct, frozen=True):
    """A server whose store can be copied and put back, and the state folder of one process."""

    server: NatsServer
    folder: Path

    def process(self) -> Process:
        settings = ProcessSettings(nats_url=self.server.url, state_dir=self.folder / "state")
        return Process("trial", settings, Health(), Metrics(), SystemClock(), system_random(), "trial-1")

    @property
    def known(self) -> Path:
        return self.folder / "state" / KNOWN_STORE

    def copy(self, name: str) -> None:
        """While nothing is written: every write was synced before it was acknowledged."""
        shutil.copytree(self._store, self.folder / name)

    async def put_back(self, name: str) -> None:
        self.server.kill()
        shutil.rmtree(self._store)
        shutil.copytree(self.folder / name, self._store)
        await self.server.start()

    async def asked(self, verb: str) -> None:
        async with nats_connection(self.server) as connection:
            await connection.ask(verb, {}, object)

    @property
    def _store(self) -> Path:
        return self.server.folder / "jetstream"


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    async with nats_server(tmp_path / "nats") as server:
        yield Plant(server, tmp_path)


async def written(ground: Ground, count: int) -> None:
    """So many records, whatever the way to the server does meanwhile."""
    for _ in range(count):
        await eventually(lambda: _commits(ground))


async def _commits(ground: Ground) -> bool:
    try:
        await ground.store.commit([Write(RECORD, b"{}")])
    except WentBack:
        raise
    except Unavailable:
        return False
    return True


async def looked(plant: Plant, process: Process) -> None:
    """Until the newest record is remembered over a restart."""

    async def remembers() -> bool:
        if not plant.known.exists():
            return False
        known = msgspec.json.decode(plant.known.read_bytes(), type=Known)
        async with nats_connection(plant.server) as connection:
            return known.landmarks == (Landmark(await last_sequence(connection), RECORD),)

    await eventually(remembers)
    assert process.health.is_ready


async def purged(plant: Plant) -> None:
    await plant.asked(f"STREAM.PURGE.{STREAM}")


async def deleted(plant: Plant) -> None:
    await plant.asked(f"STREAM.DELETE.{STREAM}")


async def made_anew(plant: Plant) -> None:
    async with nats_connection(plant.server) as connection:
        await connection.ask(f"STREAM.DELETE.{STREAM}", {}, object)
        await prepare(connection)


async def replaced_by_older(plant: Plant) -> None:
    await plant.put_back("older")


LOSSES = [
    (purged, "message [0-9]+ was removed"),
    (deleted, "the stream is gone"),
    (made_anew, "the stream was made anew"),
    (replaced_by_older, "ends at 3, and 8 was seen"),
]
Loss = Callable[[Plant], Awaitable[None]]


@asynccontextmanager
async def lived(plant: Plant) -> AsyncIterator[tuple[Ground, Process]]:
    """A process that wrote three records before a copy was made, and five after it."""
    process = plant.process()
    async with opened(process) as ground:
        await written(ground, 3)
        plant.copy("older")
        await written(ground, 5)
        await looked(plant, process)
        yield ground, process


async def alarmed(process: Process) -> None:
    async def is_alarmed() -> bool:
        return SAFE_MODE in process.health.reasons

    await eventually(is_alarmed)


@pytest.mark.parametrize(("loss", "told"), LOSSES)
async def test_who_lives_through_a_loss_writes_and_orders_nothing(plant: Plant, loss: Loss, told: str) -> None:
    async with lived(plant) as (ground, process):
        with capture_logs() as logs:
            await loss(plant)
            await alarmed(process)
        for attempt in (
            ground.store.commit([Write(RECORD, b"{}")]),
            ground.store.put("config", "a", b"1"),
            ground.store.delete("config", "a"),
            ground.store.save(b"a blob"),
            ground.bus.publish("agent.main.prod.request", b"apply"),
        ):
            with pytest.raises(WentBack, match=told):
                await attempt
        assert [line["event"] for line in logs if line["log_level"] == "error"] == ["store_went_back"]
        assert process.metrics.registry.get_sample_value("fairlead_store_went_back") == 1


@pytest.mark.parametrize("loss", [made_anew, replaced_by_older])
async def test_what_is_there_can_still_be_read(plant: Plant, loss: Loss) -> None:
    async with lived(plant) as (ground, process):
        await loss(plant)
        await alarmed(process)
        found = await ground.store.last(RECORD)
        assert (found.sequence if found else 0) == (3 if loss is replaced_by_older else 0)


async def test_nothing_slips_through_while_an_older_store_is_put_in_place(plant: Plant) -> None:
    async with lived(plant) as (ground, _), asyncio.TaskGroup() as group:
        replacing = group.create_task(plant.put_back("older"))
        while True:
            try:
                await ground.store.commit([Write(RECORD, b"{}")])
                assert not replacing.done(), "a write went into the older store"
            except WentBack:
                break
            except Unavailable:
                await asyncio.sleep(0)
            except Unknown:
                continue  # the server was killed under the write
        async with nats_connection(plant.server) as connection:
            assert await last_sequence(connection) == 3


async def test_consumer_brings_nothing_from_an_older_store(plant: Plant) -> None:
    async with lived(plant) as (ground, process), ground.bus.consume("trial", ["state.>"]) as deliveries:
        for _ in range(8):
            await (await anext(deliveries)).ack()
        await plant.put_back("older")
        await alarmed(process)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await anext(deliveries)


async def test_right_store_put_back_is_gone_on_with(plant: Plant) -> None:
    async with lived(plant) as (ground, process):
        plant.copy("right")
        await plant.put_back("older")
        await alarmed(process)
        await plant.put_back("right")

        async def is_ready() -> bool:
            return process.health.is_ready

        await eventually(is_ready)
        assert await ground.store.commit([Write(RECORD, b"{}")]) == 9
        assert process.metrics.registry.get_sample_value("fairlead_store_went_back") == 0


@pytest.mark.parametrize(("loss", "told"), LOSSES)
async def test_start_on_a_store_that_went_back_is_refused(plant: Plant, loss: Loss, told: str) -> None:
    async with lived(plant):
        pass
    await loss(plant)
    before = await state(plant)
    with pytest.raises(CannotStart, match=told):
        async with opened(plant.process()):
            pass
    assert await state(plant) == before


@pytest.mark.parametrize(("loss", "sequence"), [(purged, 9), (deleted, 1), (made_anew, 1), (replaced_by_older, 4)])
async def test_start_that_knows_nothing_accepts_the_store(plant: Plant, loss: Loss, sequence: int) -> None:
    async with lived(plant):
        pass
    await loss(plant)
    plant.known.unlink()
    async with opened(plant.process()) as ground:
        assert await ground.store.commit([Write(RECORD, b"{}")]) == sequence


async def test_restart_on_the_same_store_goes_on(plant: Plant) -> None:
    async with lived(plant):
        pass
    plant.server.kill()
    await plant.server.start()
    async with opened(plant.process()) as ground:
        assert await ground.store.commit([Write(RECORD, b"{}")]) == 9


async def tried_again(plant: Plant) -> None:
    """Until something came and went in the state folder."""
    before = plant.known.parent.stat().st_mtime_ns

    async def is_touched() -> bool:
        return plant.known.parent.stat().st_mtime_ns != before

    await eventually(is_touched)


async def test_what_cannot_be_remembered_is_told_once_and_tried_again(plant: Plant) -> None:
    plant.known.mkdir(parents=True)
    process = plant.process()
    with capture_logs() as logs:
        async with opened(process) as ground:
            await written(ground, 1)
            await tried_again(plant)
            await tried_again(plant)
            plant.known.rmdir()
            await looked(plant, process)
    assert [line["event"] for line in logs].count("known_store_unwritten") == 1


async def test_timer_that_is_gone_is_no_loss(plant: Plant) -> None:
    process = plant.process()
    async with opened(process) as ground:
        timer = "timer.main.rollout.3.d.prod.pause"
        await ground.store.commit(
            [Write(timer, b"{}", fires_at=SystemClock().now(), fires_as="due.main.rollout.3.d.prod.pause")]
        )

        async def has_fired() -> bool:
            return await ground.store.last(timer) is None

        await eventually(has_fired)
        await written(ground, 1)
        await looked(plant, process)


async def state(plant: Plant) -> object:
    """What the server says of its streams."""
    async with nats_connection(plant.server) as connection:
        return await _streams(connection)


async def _streams(connection: Connection) -> object:
    found = await connection.ask("STREAM.LIST", {}, dict)
    return {one["config"]["name"]: (one["created"], one["state"]["last_seq"]) for one in found["streams"]}
