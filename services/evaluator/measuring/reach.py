"""Getting a question to a metric provider, straight or through an agent, and its answer back."""

import asyncio

import aiohttp
from msgspec import Struct

from libs.egress.addresses import AddressRefused
from libs.egress.client import Client
from libs.link.port import Link, NoAnswer, Stream
from libs.messages.agent import Ask
from services.evaluator.measuring.prometheus import ANSWER_BYTES, NoValue, Request


class Answer(Struct, frozen=True):
    status: int
    body: bytes
    """One byte more than is allowed, at most."""


class Reach:
    """Sends questions, so many at once, each within its time."""

    def __init__(self, client: Client, link: Link, seconds: float, at_once: int) -> None:
        self._client = client
        self._link = link
        self._seconds = seconds
        self._slots = asyncio.Semaphore(at_once)

    async def ask(self, tenant: str, agent: str, request: Request) -> Answer:
        """Through `agent`, or directly where it is empty. `NoValue` where there is no answer."""
        async with self._slots:
            try:
                async with asyncio.timeout(self._seconds):
                    return await (self._relayed(tenant, agent, request) if agent else self._direct(request))
            except TimeoutError:
                raise NoValue(f"the provider did not answer within {self._seconds:g} s") from None

    async def _direct(self, request: Request) -> Answer:
        try:
            async with self._client.request(
                "POST", request.url, tuple(request.headers.items()), request.body
            ) as response:
                return Answer(response.status, await _read(response.content))
        except AddressRefused as error:
            raise NoValue(f"not asked: {error}; see FAIRLEAD_EVALUATOR_ALLOW_PRIVATE, or name an agent") from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise NoValue(f"not asked: its certificate cannot be trusted: {error.certificate_error}") from None
        except aiohttp.ClientConnectorError as error:
            raise NoValue(f"cannot connect to {request.url.origin()}: {error.os_error.strerror or error}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NoValue(f"asking {request.url.origin()} broke off: {error or type(error).__name__}") from None

    async def _relayed(self, tenant: str, agent: str, request: Request) -> Answer:
        ask = Ask(
            "call",
            timeout_ms=max(1, int(self._seconds * 1000)),
            method="POST",
            path=str(request.url),
            headers=dict(request.headers),
            body=request.body,
        )
        try:
            async with self._link.stream(tenant, agent, ask) as stream:
                return Answer(stream.status, await _gathered(stream))
        except NoAnswer as error:
            raise NoValue(f"agent {agent}: {error}") from None


async def _gathered(stream: Stream) -> bytes:
    """Leaving the stream cancels what comes after it."""
    body = b""
    async for piece in stream:
        body += piece[: ANSWER_BYTES + 1 - len(body)]
        if len(body) > ANSWER_BYTES:
            break
    return body


async def _read(content: aiohttp.StreamReader) -> bytes:
    """What comes after it is not read: the connection ends instead."""
    body = b""
    while len(body) <= ANSWER_BYTES and not content.at_eof():
        body += await content.read(ANSWER_BYTES + 1 - len(body))
    return body
