"""Ports for processes that come and go: below those that the kernel hands out to connections.

A port that a probe of port 0 gets may be some connection's a moment later, while the process it was chosen for is
starting or dead.
"""

import random
import socket
from itertools import islice

_FIRST, _LAST = 15_000, 32_000
_TRIES = 100


def free_port() -> int:
    """One that nobody on this machine listens on now, and that nobody is given by chance later. Raises `OSError`."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """All different."""
    chosen = random.SystemRandom().sample(range(_FIRST, _LAST), _TRIES + count)
    found = list(islice(filter(_is_free, chosen), count))
    if len(found) < count:
        raise OSError(f"nearly all ports from {_FIRST} to {_LAST} are taken")
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
