"""Ports in memory, for what does not reach them."""

import pytest

from tests.integration.conftest import Open, _memory


@pytest.fixture
def memory() -> Open:
    return _memory
