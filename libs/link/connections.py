"""Who is connected: one record per gateway in a bucket, which vanishes with its gateway."""

import msgspec
from msgspec import Struct

from libs.durable.ports import Store

BUCKET = "connections"
TTL_SECONDS = 30
RENEW_SECONDS = 10.0


class Connection(Struct, frozen=True, array_like=True):
    """One stream of an agent."""

    tenant: str
    agent: str
    process: str
    version: str
    since: str
    """When the stream opened, RFC 3339, by the gateway's clock."""


class Connections(Struct, frozen=True):
    """Every stream of one gateway."""

    gateway: str
    streams: tuple[Connection, ...]


def encode_connections(connections: Connections) -> bytes:
    return msgspec.json.encode(connections)


def decode_connections(value: bytes) -> Connections:
    return msgspec.json.decode(value, type=Connections)


async def connected(store: Store, tenant: str) -> list[Connection]:
    """The streams of a tenant's agents, over all gateways, as of their last record."""
    records = [decode_connections(entry.value) for entry in await store.entries(BUCKET)]
    return [stream for record in records for stream in record.streams if stream.tenant == tenant]
