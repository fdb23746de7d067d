"""Which roles a client has, once it exists: changed as a whole, or one taken away from everybody."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from libs.auth import clients
from libs.auth.clients import BUCKET, Client, WrongClient
from libs.auth.principal import Kind
from libs.durable.ports import Conflict, Store

_ATTEMPTS = 5


async def assign(store: Store, tenant: str, client_id: str, roles: Sequence[str]) -> Client | None:
    """Give a client these roles instead of those it has; None where the tenant has no such client.

    Raises `WrongClient` for roles no client may have. Tokens that were given out keep what they say until they expire.
    """
    clients.check_roles(roles)
    client = await clients.find(store, client_id)
    if client is not None and client.kind is Kind.AGENT:
        raise WrongClient("an agent's one role is the agents'")
    return await _changed(store, tenant, client_id, tuple(dict.fromkeys(roles)))


async def withdraw(store: Store, tenant: str, roles: Iterable[str]) -> tuple[str, ...]:
    """Take these roles from every client of the tenant; the ids of those that had one."""
    gone = {role.lower() for role in roles}
    found = []
    for client in await clients.listed(store, tenant) if gone else ():
        kept = tuple(role for role in client.roles if role.lower() not in gone)
        if kept != client.roles and client.kind is not Kind.AGENT:
            await _changed(store, tenant, client.id, kept)
            found.append(client.id)
    return tuple(found)


async def _changed(store: Store, tenant: str, client_id: str, roles: tuple[str, ...]) -> Client | None:
    key = clients.key_of(client_id)
    for _ in range(_ATTEMPTS):
        entry = await store.get(BUCKET, key)
        client = msgspec.json.decode(entry.value, type=Client) if entry else None
        if entry is None or client is None or client.tenant != tenant:
            return None
        changed = replace(client, roles=roles)
        try:
            await store.put(BUCKET, key, msgspec.json.encode(changed), revision=entry.revision)
        except Conflict:
            continue
        return changed
    raise Conflict(f"{client_id} is being changed by others")
