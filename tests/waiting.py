"""Waiting for what cannot announce itself, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 60.0
"""Only a test that fails waits this long; a machine that has more to do needs it."""


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - nothing tells when it has come true
            await asyncio.sleep(0.02)
