"""Keeping the configuration: over the revision that was read, and known without asking each time."""

import pytest

from libs.bus.broker import Broker
from libs.config.model import Config, Grant, NotificationRule, Role
from libs.config.store import FRESH_SECONDS, MOST_STALE_SECONDS, Configuration, Revised, read, read_all, write
from libs.durable.ports import Conflict, Entry, Unavailable
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock

CAPTAIN = Config(roles=(Role("Captain", "", (Grant("deployment"),)),))


class Counted:
    """The store, which counts questions and may be away."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.reads = 0
        self.is_away = False

    async def get(self, bucket: str, key: str) -> Entry | None:
        self.reads += 1
        if self.is_away:
            raise Unavailable("away")
        return await self.store.get(bucket, key)

    async def put(self, bucket: str, key: str, value: bytes, revision: int | None = None, ttl: int = 0) -> int:
        return await self.store.put(bucket, key, value, revision, ttl)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def bucket(clock: VirtualClock) -> Counted:
    return Counted(MemoryStore(Broker(clock)))


async def test_nothing_configured_reads_as_empty(bucket: Counted) -> None:
    assert await read(bucket, "main") == Revised(Config(), 0)


async def test_written_document_is_read(bucket: Counted, clock: VirtualClock) -> None:
    revision = await write(bucket, "main", Revised(CAPTAIN, 0), clock.now(), "ann")
    assert await read(bucket, "main") == Revised(CAPTAIN, revision)
    assert await read_all(bucket.store) == {"main": Revised(CAPTAIN, revision)}
    assert await read(bucket, "other") == Revised(Config(), 0)


async def test_rule_keeps_when_it_began(bucket: Counted, clock: VirtualClock) -> None:
    began = clock.now()
    first = Config(notifications=(NotificationRule("Team", "slack", url_secret="s"),))
    revision = await write(bucket, "main", Revised(first, 0), began, "ann")
    await clock.advance(60)
    second = Config(notifications=(NotificationRule("team", "slack", url_secret="t"), NotificationRule("new", "slack")))
    found = await read(bucket, "main")
    await write(bucket, "main", Revised(second, revision, found.since), clock.now(), "ann")
    assert (await read(bucket, "main")).since == {"team": began, "new": clock.now()}


async def test_older_revision_writes_nothing(bucket: Counted, clock: VirtualClock) -> None:
    await write(bucket, "main", Revised(CAPTAIN, 0), clock.now(), "ann")
    with pytest.raises(Conflict):
        await write(bucket, "main", Revised(Config(), 0), clock.now(), "bob")


async def test_many_questions_read_once(bucket: Counted, clock: VirtualClock) -> None:
    known = Configuration(bucket, clock)
    for _ in range(5):
        await known.grants("main")
    assert bucket.reads == 1


async def test_change_is_seen_in_time(bucket: Counted, clock: VirtualClock) -> None:
    known = Configuration(bucket, clock)
    assert await known.grants("main") == {}
    await write(bucket, "main", Revised(CAPTAIN, 0), clock.now(), "ann")
    await clock.advance(FRESH_SECONDS)
    assert set(await known.grants("main")) == {"captain"}


async def test_own_change_is_seen_at_once(bucket: Counted, clock: VirtualClock) -> None:
    known = Configuration(bucket, clock)
    await known.current("main")
    await write(bucket, "main", Revised(CAPTAIN, 0), clock.now(), "ann")
    known.forget(["main"])
    assert (await known.current("main")).config == CAPTAIN


async def test_known_document_outlives_short_outage(bucket: Counted, clock: VirtualClock) -> None:
    known = Configuration(bucket, clock)
    await write(bucket, "main", Revised(CAPTAIN, 0), clock.now(), "ann")
    await known.current("main")
    bucket.is_away = True
    await clock.advance(MOST_STALE_SECONDS)
    assert (await known.current("main")).config == CAPTAIN
    await clock.advance(1)
    with pytest.raises(Unavailable):
        await known.current("main")
