"""What waits to be written to a stream: bounded, heartbeats first, one writer."""

import asyncio


class Outbox:
    """Pieces for one writer. A piece may carry the number of the request it belongs to."""

    def __init__(self, pieces: int, size: int) -> None:
        self._pieces_most = pieces
        self._size_most = size
        # A list, because it is short, and thousands of empty ones are smaller than as many deques.
        self._queue: list[tuple[bytes, int]] = []
        self._urgent: list[bytes] = []
        self._size = 0
        self._closed = False
        self.has_overflowed = False
        """True when the other side has not read for so long that pieces were dropped: the stream is of no more use."""
        self._reader: asyncio.Future[None] | None = None
        self._writers: list[asyncio.Future[None]] = []

    @property
    def is_full(self) -> bool:
        return len(self._queue) >= self._pieces_most or self._size >= self._size_most

    def add(self, piece: bytes, number: int = 0) -> None:
        """Append, whether there is room or not, up to eight times the bound."""
        if len(self._queue) >= 8 * self._pieces_most or self._size >= 8 * self._size_most:
            self.has_overflowed = True
            return
        self._queue.append((piece, number))
        self._size += len(piece)
        self._wake_reader()

    def add_urgent(self, piece: bytes) -> None:
        """Before everything else. Bounded by forgetting the oldest: only heartbeats come this way."""
        if len(self._urgent) >= 8:
            self._urgent.pop(0)
        self._urgent.append(piece)
        self._wake_reader()

    async def put(self, piece: bytes) -> None:
        """Append once there is room."""
        while self.is_full and not self._closed:
            room = asyncio.get_running_loop().create_future()
            self._writers.append(room)
            await room
        self.add(piece)

    async def next(self) -> bytes | None:
        """The next piece to write; None when the box was closed and is empty."""
        while not self._urgent and not self._queue:
            if self._closed:
                return None
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        if self._urgent:
            return self._urgent.pop(0)
        piece, _ = self._queue.pop(0)
        self._size -= len(piece)
        if self._writers and not self.is_full:
            self._wake_writers()
        return piece

    def unsent(self) -> set[int]:
        """The requests of which a piece still waits here."""
        return {number for _, number in self._queue}

    def close(self) -> None:
        """Nothing more will be added; the writer ends when it has written what waits."""
        self._closed = True
        self._wake_reader()
        self._wake_writers()

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _wake_writers(self) -> None:
        # All of them: one that was woken may have been cancelled since, and its place must not be lost.
        writers, self._writers = self._writers, []
        for writer in writers:
            if not writer.done():
                writer.set_result(None)
