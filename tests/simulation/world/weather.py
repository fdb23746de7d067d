"""What befalls everybody at once."""

import asyncio


class Weather:
    """Whether the bus has a leader."""

    def __init__(self) -> None:
        self._clear = asyncio.Event()
        self._clear.set()

    @property
    def is_outage(self) -> bool:
        return not self._clear.is_set()

    async def outage(self, seconds: float) -> None:
        self._clear.clear()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._clear.set()

    async def cleared(self) -> None:
        await self._clear.wait()
