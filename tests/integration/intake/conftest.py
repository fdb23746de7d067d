"""Ports in memory, for what only a store that can be made to fail can show."""

import pytest

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.runtime.clock import SystemClock
from tests.integration.conftest import Open, memory_ports
from tests.integration.intake.test_start import Mute


@pytest.fixture
def memory() -> Open:
    """Ports in memory only: for what does not reach them."""
    return memory_ports


@pytest.fixture
def broker() -> Broker:
    return Broker(SystemClock())


@pytest.fixture
def memory_bus(broker: Broker) -> MemoryBus:
    return MemoryBus(broker)


@pytest.fixture
def broker_store(broker: Broker) -> Mute:
    return Mute(broker)
