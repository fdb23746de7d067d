"""Ports in memory, for what does not reach them."""

import pytest

from tests.integration.conftest import Open, memory_ports


@pytest.fixture
def memory() -> Open:
    return memory_ports
