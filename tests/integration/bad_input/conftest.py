"""Ports in memory: what is refused never reaches them."""

from collections.abc import Iterator

import pytest

from tests.integration.bad_input.background import Background


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    background = Background()
    background.start()
    yield background
    background.stop()
