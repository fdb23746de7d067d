"""A digest of all that a run led to: equal for equal seeds, in every process."""

import hashlib

from tests.simulation.world.world import World


def trace_of(world: World) -> str:
    digest = hashlib.sha256()
    for stored in world.broker.stored([">"], 0):
        digest.update(f"{stored.sequence} {stored.subject} {stored.at.isoformat()} {stored.id}\n".encode())
        digest.update(stored.data)
    for size in world.cluster.sizes:
        digest.update(repr(size).encode())
    return digest.hexdigest()[:16]
