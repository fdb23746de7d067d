"""The signing keys: one sealed record in the bucket `config` that every replica of this service shares.

In the store and not in the state folder, so that replicas need no common disk; sealed, so that who reads the store
cannot sign. A new key is published for fifteen minutes before it signs (verifiers fetch keys every ten), and stays
published until the last token it signed has expired.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from libs.auth.keys import PublicKey, usable_key
from libs.auth.signing import SigningKey
from libs.durable.ports import Conflict, Store, Unknown
from libs.runtime.clock import Clock
from libs.runtime.process import CannotStart
from libs.store.seal import Seal, Unsealable

BUCKET = "config"
KEY = "signing-keys"
LEAD = timedelta(minutes=15)
"""From a key's publication to its first signature."""
LINGER = timedelta(hours=25)
"""From a key's last signature to its end: the longest token and an hour."""


class KeyRecord(Struct, frozen=True):
    """One key at rest."""

    kid: str
    sealed: bytes
    public: dict[str, Any]
    signs_from: datetime


class KeyRing(Struct, frozen=True):
    """All keys that count, oldest first."""

    keys: tuple[KeyRecord, ...] = ()


def is_due(ring: KeyRing, now: datetime, period: timedelta) -> bool:
    """Whether the next key must be made, so that it signs once the newest has for `period`."""
    return not ring.keys or now >= ring.keys[-1].signs_from + period - LEAD


def rotated(ring: KeyRing, new: KeyRecord, now: datetime) -> KeyRing:
    """The ring with a new key and without those that no living token was signed with."""
    keys = (*ring.keys, new)
    return KeyRing((*(key for key, successor in pairwise(keys) if successor.signs_from + LINGER > now), new))


def signing(ring: KeyRing, now: datetime) -> KeyRecord:
    """The key that signs now: the newest whose time has come."""
    begun = [key for key in ring.keys if key.signs_from <= now]
    return begun[-1] if begun else ring.keys[0]


class Keys:
    """The ring as this replica last read it."""

    def __init__(self, store: Store, seal: Seal, clock: Clock, period: timedelta) -> None:
        self._store = store
        self._seal = seal
        self._clock = clock
        self._period = period
        self._ring = KeyRing()
        self._public: Mapping[str, PublicKey] = {}
        self._opened: dict[str, SigningKey] = {}

    async def refresh(self) -> None:
        """Read the ring; make the next key when it is time. Raises what the store raises."""
        while True:
            entry = await self._store.get(BUCKET, KEY)
            ring = msgspec.json.decode(entry.value, type=KeyRing) if entry else KeyRing()
            if not is_due(ring, self._clock.now(), self._period):
                return self._hold(ring)
            try:
                ring = rotated(ring, self._new(ring), self._clock.now())
                await self._store.put(BUCKET, KEY, msgspec.json.encode(ring), entry.revision if entry else 0)
                return self._hold(ring)
            except (Conflict, Unknown):
                continue  # another replica was faster, or this one's write may have landed: what is stored decides

    def signing(self) -> SigningKey:
        record = signing(self._ring, self._clock.now())
        if record.kid not in self._opened:
            self._opened[record.kid] = self._open(record)
        return self._opened[record.kid]

    def public(self) -> Mapping[str, PublicKey]:
        """Every key that a living token may be signed with, for verifiers in this process."""
        return self._public

    def jwks(self) -> dict[str, Any]:
        """The same as a JWKS document."""
        return {"keys": [record.public for record in self._ring.keys]}

    def _hold(self, ring: KeyRing) -> None:
        usable = {record.kid: usable_key(record.public) for record in ring.keys}
        self._ring = ring
        self._public = {kid: key for kid, key in usable.items() if key is not None}
        self.signing()  # opened now: a wrong sealing key shows at the start, not at the first login

    def _new(self, ring: KeyRing) -> KeyRecord:
        key, now = SigningKey.generate(), self._clock.now()
        sealed = self._seal.close(_label(key.kid), key.to_bytes())
        return KeyRecord(key.kid, sealed, key.public, now + LEAD if ring.keys else now)

    def _open(self, record: KeyRecord) -> SigningKey:
        try:
            return SigningKey.from_bytes(self._seal.open(_label(record.kid), record.sealed))
        except Unsealable as error:
            raise CannotStart(
                "the stored signing keys were sealed with another key: give this process the sealing key of the "
                "installation (FAIRLEAD_SEALING_KEY_FILE, or the state folder's sealing-key)"
            ) from error


def _label(kid: str) -> str:
    return f"signing-key {kid}"
