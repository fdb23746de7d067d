"""Waiting for what cannot announce itself, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - nothing tells when it has come true
            await asyncio.sleep(0.02)
