"""Names in the store that every process must agree on."""

LEASE = "lease"
"""Who pulls which partition. It only routes."""

CONFIG = "config"
"""Roles, metric providers, agents, notification targets."""

CONNECTIONS = "connections"
"""Which agents each gateway holds a stream of."""

BUCKETS = (LEASE, CONFIG, CONNECTIONS)

BLOBS = "blobs"

MAX_BLOB_BYTES = 64 * 1024 * 1024


def bucket_stream(bucket: str) -> str:
    return f"KV_{bucket}"
