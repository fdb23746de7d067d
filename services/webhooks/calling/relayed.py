"""Calling through an agent, which reaches addresses of its own network that its settings allow."""

import asyncio

from libs.link.port import Away, Busy, Link, Lost, Stream, Unreachable
from libs.link.port import Refused as AgentRefused
from libs.messages.agent import Ask
from services.webhooks.calling.rendering import Request
from services.webhooks.calling.way import BODY_MOST, Answer, Missed, NotNow, Refused


class Relayed:
    """See `Way`."""

    def __init__(self, link: Link, tenant: str, agent: str) -> None:
        self._link = link
        self._tenant = tenant
        self._agent = agent

    async def send(self, request: Request, seconds: float) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                return await self._send(request, seconds)
        except TimeoutError:
            raise Missed(f"no answer from agent {self._agent} within {seconds:.3g} s") from None
        except (Away, Busy) as error:
            raise NotNow(f"agent {self._agent} cannot be asked: {error}") from None
        except AgentRefused as error:
            raise Refused(f"agent {self._agent} refuses: {error}") from None
        except (Unreachable, Lost) as error:
            raise Missed(f"agent {self._agent}: {error}") from None

    async def _send(self, request: Request, seconds: float) -> Answer:
        ask = Ask(
            "call",
            timeout_ms=max(1, int(seconds * 1000)),
            method=request.method,
            path=str(request.url),
            headers=_joined(request.headers),
            body=request.body or b"",
        )
        async with self._link.stream(self._tenant, self._agent, ask) as stream:
            headers = stream.headers
            body = await _beginning(stream)
            return Answer(stream.status, headers.get("content-type", ""), headers.get("location", ""), body)


async def _beginning(stream: Stream) -> bytes:
    """Leaving the stream cancels what comes after it."""
    body = b""
    async for piece in stream:
        body += piece[: BODY_MOST - len(body)]
        if len(body) == BODY_MOST:
            break
    return body


def _joined(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """A header given twice is one with both values."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined
