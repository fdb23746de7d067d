"""Ports that nobody on this machine listens on, as of now."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """All different: they are held until each is known."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
