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


def blobs_stream() -> str:
    return f"OBJ_{BLOBS}"


def blob_subject(digest: str) -> str:
    """Where a small blob is, beside the pieces (`C`) and descriptions (`M`) of the large ones."""
    return f"$O.{BLOBS}.S.{digest}"
