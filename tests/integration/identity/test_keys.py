"""Signing keys: shared by replicas, sealed in the store, rotated with overlap."""

import asyncio
from datetime import timedelta
from random import Random

import pytest

from libs.auth.signing import SigningKey
from libs.auth.tokens import Verifier
from libs.bus.broker import Broker
from libs.durable.ports import Entry
from libs.runtime.process import CannotStart
from libs.store.memory import MemoryStore
from libs.store.seal import Seal
from services.identity.handlers import local_verifier
from services.identity.keys import LEAD, LINGER, KeyRecord, KeyRing, Keys, is_due, rotated, signing
from tests.integration.identity.world import SEAL_KEY, World
from tests.unit.auth.virtual import START, VirtualClock

MONTH = timedelta(days=30)


def a_key(kid: str, days: float) -> KeyRecord:
    return KeyRecord(kid, b"", {}, START + timedelta(days=days))


def replica(store: MemoryStore, clock: VirtualClock, seal: bytes = SEAL_KEY) -> Keys:
    return Keys(store, Seal(seal, Random(3)), clock, MONTH)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def store(clock: VirtualClock) -> MemoryStore:
    return MemoryStore(Broker(clock))


async def test_replicas_share_one_key(store: MemoryStore, clock: VirtualClock) -> None:
    first, second = replica(store, clock), replica(store, clock)
    await asyncio.gather(first.refresh(), second.refresh())
    assert first.signing().kid == second.signing().kid
    assert first.jwks() == second.jwks()


class SlowStore(MemoryStore):
    """Others get a turn between a read and what is done with it."""

    async def get(self, bucket: str, key: str) -> Entry | None:
        found = await super().get(bucket, key)
        await asyncio.sleep(0)
        return found


async def test_two_first_starts_make_one_key(clock: VirtualClock) -> None:
    store = SlowStore(Broker(clock))
    replicas = [replica(store, clock) for _ in range(5)]
    await asyncio.gather(*(keys.refresh() for keys in replicas))
    assert len({keys.signing().kid for keys in replicas}) == 1


async def test_restart_keeps_the_key(store: MemoryStore, clock: VirtualClock) -> None:
    before, after = replica(store, clock), replica(store, clock)
    await before.refresh()
    await after.refresh()
    assert after.signing().to_bytes() == before.signing().to_bytes()


async def test_wrong_sealing_key_stops_the_start(store: MemoryStore, clock: VirtualClock) -> None:
    await replica(store, clock).refresh()
    with pytest.raises(CannotStart, match="FAIRLEAD_SEALING_KEY_FILE"):
        await replica(store, clock, seal=b"x" * 32).refresh()


async def test_next_key_is_published_before_it_signs(store: MemoryStore, clock: VirtualClock) -> None:
    keys = replica(store, clock)
    await keys.refresh()
    old = keys.signing().kid
    clock.pass_by((MONTH - LEAD).total_seconds())
    await keys.refresh()
    assert (len(keys.public()), keys.signing().kid) == (2, old)
    clock.pass_by(LEAD.total_seconds())
    assert keys.signing().kid != old


async def test_old_key_goes_when_its_tokens_have(store: MemoryStore, clock: VirtualClock) -> None:
    keys = replica(store, clock)
    await keys.refresh()
    old = keys.signing().kid
    for _ in range(2):
        clock.pass_by(MONTH.total_seconds())
        await keys.refresh()
    assert old not in keys.public()


async def test_token_survives_rotation(world: World) -> None:
    token = (await world.bearer())["Authorization"].removeprefix("Bearer ")
    keys: Keys = world.service.identity.keys
    ring = keys._ring
    keys._hold(rotated(ring, keys._new(KeyRing()), world.clock.now()))
    newer = (await world.bearer())["Authorization"].removeprefix("Bearer ")
    verifier: Verifier = local_verifier(keys, world.service.terms, world.clock)
    assert token.split(".")[0] != newer.split(".")[0]
    assert (await verifier.principal(token)).subject == (await verifier.principal(newer)).subject


def test_first_key_signs_at_once() -> None:
    assert is_due(KeyRing(), START, MONTH)
    assert signing(KeyRing((a_key("a", 0),)), START).kid == "a"


@pytest.mark.parametrize(("days", "expected"), [(0, False), (29.98, False), (30, True), (40, True)])
def test_next_key_is_due_in_time(days: float, expected: bool) -> None:
    assert is_due(KeyRing((a_key("a", 0),)), START + timedelta(days=days), MONTH) is expected


@pytest.mark.parametrize(("hours", "kept"), [(24, ["a", "b", "c"]), (25, ["b", "c"])])
def test_key_lingers_for_its_last_token(hours: float, kept: list[str]) -> None:
    assert timedelta(hours=25) == LINGER
    ring = KeyRing((a_key("a", -30), a_key("b", 0)))
    now = START + timedelta(hours=hours)
    assert [key.kid for key in rotated(ring, a_key("c", 30), now).keys] == kept


def test_clock_behind_the_first_key_still_signs() -> None:
    assert signing(KeyRing((a_key("a", 1),)), START).kid == "a"


def test_key_id_is_the_keys_own() -> None:
    key = SigningKey.generate()
    assert SigningKey.from_bytes(key.to_bytes()).kid == key.kid
    assert SigningKey.generate().kid != key.kid
