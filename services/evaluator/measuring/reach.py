"""Getting a question to a metric provider, straight or through an agent, and its answer back."""

import asyncio

from msgspec import Struct

from libs.egress.addresses import AddressRefused
from libs.egress.call import beginning, through_agent
from libs.egress.client import Client, Unanswered
from libs.link.port import Link, NoAnswer
from services.evaluator.measuring.prometheus import ANSWER_BYTES, NoValue, Request
from services.evaluator.settings import ALLOW_PRIVATE


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
                return Answer(response.status, await beginning(response.content.iter_any(), ANSWER_BYTES + 1))
        except AddressRefused as error:
            raise NoValue(f"not asked: {error}; see {ALLOW_PRIVATE}, or name an agent") from None
        except Unanswered as error:
            raise NoValue(f"{request.url.origin()}: {error}") from None

    async def _relayed(self, tenant: str, agent: str, request: Request) -> Answer:
        ask = through_agent("POST", request.url, request.headers.items(), request.body, self._seconds)
        try:
            async with self._link.stream(tenant, agent, ask) as stream:
                return Answer(stream.status, await beginning(stream, ANSWER_BYTES + 1))
        except NoAnswer as error:
            raise NoValue(f"agent {agent}: {error}") from None
