"""Logins that last: a refresh token stands for its client until it expires or somebody logs out.

Kept in the bucket `config` as `session.<client>.<digest>`. The token is 256 random bits that nobody guesses, so its
digest needs to be neither salted nor slow.
"""

import base64
import hashlib
from datetime import datetime, timedelta
from random import Random

import msgspec
from msgspec import Struct

from libs.auth import clients
from libs.auth.clients import BUCKET, Client
from libs.durable.ports import Store
from libs.messages.subject import token
from libs.runtime.clock import Clock
from libs.runtime.secret import Secret

MOST = 50
"""Of one client; with one more, the one that would expire first ends."""
_TOKEN_BYTES = 32


class Session(Struct, frozen=True):
    """One login."""

    client_id: str
    client_since: datetime
    """When the client was made: what was deleted and made again is somebody else."""
    expires_at: datetime


async def begin(store: Store, client: Client, clock: Clock, randomness: Random, seconds: int) -> Secret:
    """A refresh token for a client that has just proved who it is."""
    await _make_room(store, client.id)
    made = Secret(base64.urlsafe_b64encode(randomness.randbytes(_TOKEN_BYTES)).rstrip(b"=").decode())
    session = Session(client.id, client.created_at, clock.now() + timedelta(seconds=seconds))
    await store.put(BUCKET, _key(client.id, made), msgspec.json.encode(session), ttl=seconds)
    return made


async def client_of(store: Store, client_id: str, refresh: Secret, now: datetime) -> Client | None:
    """Whose login it is; None where it has ended, or its client is gone."""
    entry = await store.get(BUCKET, _key(client_id, refresh))
    client = await clients.find(store, client_id) if entry else None
    if entry is None or client is None:
        return None
    session = msgspec.json.decode(entry.value, type=Session)
    return client if session.client_since == client.created_at and now < session.expires_at else None


async def end(store: Store, client_id: str, refresh: Secret) -> None:
    """The token counts for nothing any more; one that never did is no error."""
    await store.delete(BUCKET, _key(client_id, refresh))


async def _make_room(store: Store, client_id: str) -> None:
    entries = await store.entries(BUCKET, _prefix(client_id))
    ends = sorted((msgspec.json.decode(entry.value, type=Session).expires_at, entry.key) for entry in entries)
    for _, key in ends[: max(0, len(ends) + 1 - MOST)]:
        await store.delete(BUCKET, key)


def _prefix(client_id: str) -> str:
    return f"session.{token(client_id)}."


def _key(client_id: str, refresh: Secret) -> str:
    return _prefix(client_id) + hashlib.sha256(refresh.reveal().encode()).hexdigest()
