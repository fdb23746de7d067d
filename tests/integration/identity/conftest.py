"""The service that the tests of this folder talk to."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.identity.world import World, a_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as found:
        yield found
