"""What all calls share, whichever way they go: what they say of us, how an agent is asked, how much is read."""

from collections.abc import AsyncIterable, Iterable

from yarl import URL

from libs.messages.agent import Ask

INTRODUCTION = {"User-Agent": "fairlead", "Accept-Encoding": "identity"}
"""What is read of an answer is bounded: so it may not unfold."""


def through_agent(method: str, url: URL, headers: Iterable[tuple[str, str]], body: bytes, seconds: float) -> Ask:
    """The same call, to be made by an agent in its own network."""
    timeout_ms = max(1, int(seconds * 1000))
    return Ask("call", timeout_ms=timeout_ms, method=method, path=str(url), headers=_joined(headers), body=body)


async def beginning(pieces: AsyncIterable[bytes], most: int) -> bytes:
    """So many bytes at most. Leave the answer then: its connection ends, or its stream is cancelled."""
    read = b""
    async for piece in pieces:
        read += piece[: most - len(read)]
        if len(read) == most:
            break
    return read


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A header given twice is one with both values."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined
