"""The configuration in the bucket: read with its revision, written over the revision that was read."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec import Struct

from libs.auth.permissions import Grants
from libs.config.changes import grants_of
from libs.config.model import Config
from libs.durable.ports import Entry, Unavailable, Unknown
from libs.messages.subject import token
from libs.runtime import log
from libs.runtime.clock import Clock

BUCKET = "config"
FRESH_SECONDS = 2.0
"""For how long what was read is believed: this late, at most, a change reaches a process that asks now and then."""

MOST_STALE_SECONDS = 60.0
"""For how long it is still used while the store cannot be read."""

_PREFIX = "tenant."


class Bucket(Protocol):
    """What of the store this needs."""

    async def get(self, bucket: str, key: str) -> Entry | None: ...

    async def put(self, bucket: str, key: str, value: bytes, revision: int | None = None, ttl: int = 0) -> int: ...


class Buckets(Bucket, Protocol):
    async def entries(self, bucket: str, prefix: str = "") -> list[Entry]: ...


class Revised(Struct, frozen=True):
    config: Config
    revision: int
    """0: nothing was ever configured."""
    since: dict[str, datetime] = {}
    """When each notification rule, by its lower-case name, was first there: what happened before is not told."""


class Kept(Struct, frozen=True):
    """The document as it lies in the bucket, with who wrote it."""

    tenant: str
    config: Config
    at: datetime
    by: str = ""
    since: dict[str, datetime] = {}


async def read(store: Bucket, tenant: str) -> Revised:
    """What is configured now, from the leader."""
    entry = await store.get(BUCKET, _key(tenant))
    if entry is None:
        return Revised(Config(), 0)
    return _revised(entry)[1]


async def read_all(store: Buckets) -> dict[str, Revised]:
    """Each tenant's configuration."""
    return dict(_revised(entry) for entry in await store.entries(BUCKET, _PREFIX))


def _revised(entry: Entry) -> tuple[str, Revised]:
    kept = msgspec.json.decode(entry.value, type=Kept)
    return kept.tenant, Revised(kept.config, entry.revision, kept.since)


async def write(store: Bucket, tenant: str, wanted: Revised, at: datetime, by: str) -> int:
    """Put a document over the revision that was read; the new one. Raises `Conflict` where another is there now."""
    names = (rule.name.lower() for rule in wanted.config.notifications)
    since = {name: wanted.since.get(name, at) for name in names}
    value = msgspec.json.encode(Kept(tenant, wanted.config, at, by, since))
    return await store.put(BUCKET, _key(tenant), value, revision=wanted.revision)


class _Known(Struct):
    revised: Revised
    grants: Grants
    at: float


class Configuration:
    """What this process knows of each tenant's configuration, never much older than what is there.

    Asking is cheap: the bucket is read once in `FRESH_SECONDS` for a tenant somebody asks about, by one task.
    """

    def __init__(self, store: Bucket, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._reading = asyncio.Lock()

    async def current(self, tenant: str) -> Revised:
        """Raises `Unavailable` or `Unknown` where nothing fresh enough is known."""
        return (await self._fresh(tenant)).revised

    async def grants(self, tenant: str) -> Grants:
        """What the tenant's own roles stand for: what `libs.auth.http.guard` asks."""
        return (await self._fresh(tenant)).grants

    def forget(self, tenants: Iterable[str]) -> None:
        """Read again at the next question: it is known to have changed."""
        for tenant in tenants:
            self._known.pop(tenant, None)

    async def _fresh(self, tenant: str) -> _Known:
        known = self._known.get(tenant)
        if known and self._clock.monotonic() - known.at < FRESH_SECONDS:
            return known
        async with self._reading:
            known = self._known.get(tenant)
            if known and self._clock.monotonic() - known.at < FRESH_SECONDS:
                return known
            return await self._read(tenant, known)

    async def _read(self, tenant: str, known: _Known | None) -> _Known:
        now = self._clock.monotonic()
        try:
            revised = await read(self._store, tenant)
        except (Unavailable, Unknown) as error:
            if known is None or now - known.at > MOST_STALE_SECONDS:
                raise
            log.logger().warning("config_unreadable", tenant=tenant, error=str(error))
            return known
        if known is None or revised.revision != known.revised.revision:
            known = _Known(revised, grants_of(revised.config, tenant), now)
        self._known[tenant] = _Known(known.revised, known.grants, now)
        return self._known[tenant]


def _key(tenant: str) -> str:
    return _PREFIX + token(tenant)
