"""Ports that are chosen before their process starts."""

import socket
import sys
from pathlib import Path

import pytest

from libs.runtime.port import free_port, free_ports


def test_ports_are_all_different_and_can_be_listened_on() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    for port in ports:
        with socket.create_server(("127.0.0.1", port)):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's own range")
def test_port_is_none_that_the_kernel_hands_out() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(port < first for port in free_ports(100))


def test_port_somebody_listens_on_is_passed_over() -> None:
    taken = free_port()
    with socket.create_server(("127.0.0.1", taken)):
        assert all(taken not in free_ports(1000) for _ in range(100))
