"""A real Prometheus for tests, or the reason why there is none."""

import os
from pathlib import Path

import aiohttp
import pytest

from tests.waiting import eventually
from tools.prometheus import Missing, Server, find


def programs_here() -> Path:
    """Where they are; a machine that cannot have them leaves the test out, CI may not."""
    try:
        return find()
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"there is no Prometheus: {missing}")
        pytest.skip(f"there is no Prometheus: {missing}")


async def ready(server: Server) -> None:
    async def answers() -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{server.url}/-/ready") as response:
                return response.status in (200, 401)
        except aiohttp.ClientError:
            return False

    await eventually(answers)
