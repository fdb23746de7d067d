"""Client credentials: who may ask for tokens as whom. Kept in the bucket `config` as `client.<id>`.

An id is `<kind>.<tenant>.<name>`, so a name is given once per kind and tenant, and an agent's identifier to one client.
The secret is shown once; what is kept is its scrypt hash.
"""

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from random import Random

import msgspec
from msgspec import Struct

from libs.auth.principal import Kind
from libs.durable.ports import Conflict, Store
from libs.messages.subject import token
from libs.runtime.clock import Clock
from libs.runtime.secret import Secret

BUCKET = "config"
_PREFIX = "client."
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_ROLES_MOST = 64
_ROLE_MOST = 128
_SECRET_BYTES = 32
_SALT_BYTES = 16
# 4 MiB and about 10 ms each. The secrets are 256 random bits that no cost would make easier to guess, and a fleet
# that reconnects to a service just started has every one of them checked.
_COST, _BLOCK = 2**12, 8


class Client(Struct, frozen=True):
    """Something that authenticates with an id and a secret."""

    id: str
    name: str
    tenant: str
    kind: Kind
    roles: tuple[str, ...]
    salt: bytes
    hash: bytes
    created_at: datetime
    created_by: str = ""
    cost: int = _COST
    """What its hash was made with."""

    @property
    def agent(self) -> str:
        """The identifier that an agent with these credentials connects under."""
        return self.name if self.kind is Kind.AGENT else ""


class NewClient(Struct, frozen=True):
    """What somebody asks for."""

    tenant: str
    name: str
    roles: tuple[str, ...]
    kind: Kind = Kind.MACHINE
    created_by: str = ""


class Credential(Struct, frozen=True):
    """An id and its secret, on its only way to whoever asked for it."""

    client_id: str
    secret: Secret


class ClientExists(Exception):
    """A client of this kind and name exists in the tenant."""


class WrongClient(ValueError):
    """What was asked for cannot be a client; the message says why."""


async def create(
    store: Store, wanted: NewClient, clock: Clock, randomness: Random, handed: Secret | None = None
) -> Credential:
    """Make a client; its secret is returned here and never again. Raises `ClientExists` or `WrongClient`.

    A secret that was handed in is taken as it is: it must be as hard to guess as one of ours.
    """
    _check(wanted)
    client_id = id_of(wanted)
    secret, salt = handed or _new_secret(randomness), randomness.randbytes(_SALT_BYTES)
    client = Client(
        id=client_id,
        name=wanted.name,
        tenant=wanted.tenant,
        kind=wanted.kind,
        roles=wanted.roles,
        salt=salt,
        hash=await asyncio.to_thread(hashed, secret.reveal(), salt),
        created_at=clock.now(),
        created_by=wanted.created_by,
    )
    try:
        await store.put(BUCKET, key_of(client_id), msgspec.json.encode(client), revision=0)
    except Conflict as error:
        raise ClientExists(client_id) from error
    return Credential(client_id, secret)


def id_of(wanted: NewClient) -> str:
    return f"{wanted.kind}.{wanted.tenant}.{wanted.name}"


async def find(store: Store, client_id: str) -> Client | None:
    entry = await store.get(BUCKET, key_of(client_id))
    return None if entry is None else msgspec.json.decode(entry.value, type=Client)


async def listed(store: Store, tenant: str) -> list[Client]:
    """A tenant's clients, by id."""
    entries = await store.entries(BUCKET, _PREFIX)
    clients = [msgspec.json.decode(entry.value, type=Client) for entry in entries]
    return sorted((client for client in clients if client.tenant == tenant), key=lambda client: client.id)


async def agents(store: Store, tenant: str) -> list[str]:
    """The agents that are registered, whether they are connected or not."""
    return [client.agent for client in await listed(store, tenant) if client.kind is Kind.AGENT]


async def delete(store: Store, tenant: str, client_id: str) -> bool:
    """Take a client's right to new tokens away; false where the tenant has no such client."""
    client = await find(store, client_id)
    if client is None or client.tenant != tenant:
        return False
    await store.delete(BUCKET, key_of(client_id))
    return True


def check_roles(roles: Sequence[str]) -> None:
    """Raises `WrongClient` for roles that no client may have."""
    are_names = all(0 < len(role) <= _ROLE_MOST and role.isprintable() for role in roles)
    if not are_names or not 0 < len(roles) <= _ROLES_MOST:
        raise WrongClient(f"a client has 1 to {_ROLES_MOST} roles of 1 to {_ROLE_MOST} characters each")


def key_of(client_id: str) -> str:
    """Where the bucket keeps it."""
    return _PREFIX + token(client_id)


def hashed(secret: str, salt: bytes, cost: int = _COST) -> bytes:
    """Slow on purpose, and it frees the interpreter meanwhile: call it in a thread."""
    return hashlib.scrypt(secret.encode(), salt=salt, n=cost, r=_BLOCK, p=1, dklen=32)


def matches(secret: str, client: Client) -> bool:
    return hmac.compare_digest(hashed(secret, client.salt, client.cost), client.hash)


def _new_secret(randomness: Random) -> Secret:
    return Secret(base64.urlsafe_b64encode(randomness.randbytes(_SECRET_BYTES)).rstrip(b"=").decode())


def _check(wanted: NewClient) -> None:
    if not _NAME.fullmatch(wanted.name):
        raise WrongClient("a client's name is 1 to 128 letters, digits, '.', '_' or '-', and begins with neither sign")
    if not re.fullmatch(r"[a-z0-9-]{1,63}", wanted.tenant):
        raise WrongClient("a tenant's name is 1 to 63 small letters, digits or '-'")
    check_roles(wanted.roles)
