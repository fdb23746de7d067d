"""Ports that stay free while their process is dead: below those that the kernel hands out to connections."""

import random
import socket

_FIRST, _LAST = 15_000, 32_000


def quiet_port() -> int:
    """One that nobody listens on now, and that nobody is given by chance later."""
    for port in random.SystemRandom().sample(range(_FIRST, _LAST), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"a hundred ports from {_FIRST} to {_LAST} are taken")
