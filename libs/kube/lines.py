"""Lines out of chunks that end anywhere."""

from collections.abc import AsyncIterator

from libs.link.port import Lost

LINE_BYTES = 8 * 1024 * 1024
"""More than any object that a cluster stores."""


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Every whole line; what follows the last newline was cut off and is not one."""
    rest: list[bytes] = []
    size = 0
    async for chunk in chunks:
        *whole, tail = chunk.split(b"\n")
        for line in whole:
            yield b"".join([*rest, line]) if rest else line
            rest, size = [], 0
        if tail:
            rest.append(tail)
            size += len(tail)
            if size > LINE_BYTES:
                raise Lost(f"a line of a watch is longer than {LINE_BYTES} bytes")
