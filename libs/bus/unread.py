"""Packets that arrived and that nobody has read yet."""

import asyncio
from collections import deque

from libs.durable.ports import Packet


class Unread:
    """An endless iterator over what is put in; the oldest go first when there are more than `limit`."""

    def __init__(self, limit: int) -> None:
        self._packets: deque[Packet] = deque(maxlen=limit)
        self._some: asyncio.Future[None] | None = None

    def put(self, packet: Packet) -> None:
        self._packets.append(packet)
        if self._some is not None and not self._some.done():
            self._some.set_result(None)

    def __aiter__(self) -> "Unread":
        return self

    async def __anext__(self) -> Packet:
        while not self._packets:
            self._some = asyncio.get_running_loop().create_future()
            await self._some
        return self._packets.popleft()
