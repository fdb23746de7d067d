"""Which rules there are now, and to whom of several notifiers each falls."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from libs.config.model import NotificationRule
from libs.config.store import Buckets, read_all
from libs.durable.ports import Unavailable, Unknown
from libs.messages.subject import PARTITIONS, token_hash
from libs.runtime.clock import Clock
from libs.runtime.log import logger

LOOK_SECONDS = 2.0
_ALWAYS = datetime.min.replace(tzinfo=UTC)

_log = logger()


class Standing(Struct, frozen=True):
    """A rule as it is configured, and whose."""

    tenant: str
    rule: NotificationRule
    since: datetime

    @property
    def id(self) -> str:
        """The same for as long as a rule of this name stands: its place in the stream is kept under it."""
        return token_hash(f"{self.tenant}\0{self.rule.name.lower()}")

    @property
    def partition(self) -> int:
        return int(self.id, 16) % PARTITIONS


class Rules:
    """What is configured, looked at every few seconds."""

    def __init__(self, store: Buckets, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._standing: dict[str, Standing] | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                self._learn(await self._read())
            except (Unavailable, Unknown, msgspec.MsgspecError) as error:
                _log.warning("config_unreadable", error=str(error))
            await self._clock.sleep(LOOK_SECONDS)

    async def of(self, partition: int, besides: Mapping[str, Standing] | None) -> dict[str, Standing]:
        """The partition's rules, by id, as soon as they are others than these."""
        while True:
            changed = self._changed
            if self._standing is not None:
                own = {one.id: one for one in self._standing.values() if one.partition == partition}
                if own != besides:
                    return own
            await changed.wait()

    async def _read(self) -> dict[str, Standing]:
        found = [
            Standing(tenant, rule, revised.since.get(rule.name.lower(), _ALWAYS))
            for tenant, revised in (await read_all(self._store)).items()
            for rule in revised.config.notifications
        ]
        return {one.id: one for one in found}

    def _learn(self, standing: dict[str, Standing]) -> None:
        if standing != self._standing:
            self._standing = standing
            self._changed.set()
            self._changed = asyncio.Event()
