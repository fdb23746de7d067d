"""Calling from here: to public addresses, and to those that the settings allow."""

import asyncio

from libs.egress.addresses import AddressRefused
from libs.egress.call import beginning
from libs.egress.client import Client, Unanswered, Unsendable, Untrusted
from services.webhooks.calling.rendering import Request
from services.webhooks.calling.way import BODY_MOST, Answer, Missed, Refused
from services.webhooks.settings import ALLOW_PRIVATE


class Direct:
    """See `Way`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def send(self, request: Request, seconds: float) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                return await self._send(request)
        except TimeoutError:
            raise Missed(f"no answer within {seconds:.3g} s") from None
        except AddressRefused as error:
            raise Refused(f"not called: {error}; see {ALLOW_PRIVATE}, or call through an agent") from None
        except (Untrusted, Unsendable) as error:
            raise Refused(f"not called: {error}") from None
        except Unanswered as error:
            raise Missed(str(error)) from None

    async def _send(self, request: Request) -> Answer:
        async with self._client.request(request.method, request.url, request.headers, request.body) as response:
            return Answer(
                response.status,
                response.headers.get("Content-Type", ""),
                response.headers.get("Location", ""),
                await beginning(response.content.iter_any(), BODY_MOST),
            )
