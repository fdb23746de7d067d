"""Calling from here: to public addresses, and to those that the settings allow."""

import asyncio
import ssl

import aiohttp

from libs.egress.addresses import AddressRefused
from libs.egress.call import beginning
from libs.egress.client import Client
from services.webhooks.calling.rendering import Request
from services.webhooks.calling.way import BODY_MOST, Answer, Missed, Refused
from services.webhooks.settings import ALLOW_PRIVATE


class Direct:
    """See `Way`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def send(self, request: Request, seconds: float) -> Answer:
        # The errors' own texts name host and address, which may be secret: they are told in our words.
        try:
            async with asyncio.timeout(seconds):
                return await self._send(request)
        except TimeoutError:
            raise Missed(f"no answer within {seconds:.3g} s") from None
        except AddressRefused as error:
            raise Refused(f"not called: {error}; see {ALLOW_PRIVATE}, or call through an agent") from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise Refused(f"not called: {_untrusted(error.certificate_error)}") from None
        except ValueError:
            raise Refused("not called: the request cannot be sent as it is") from None
        except aiohttp.ClientConnectorError as error:
            raise Missed(f"cannot connect: {error.os_error.strerror or 'the name has no address'}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Missed(f"the call broke off ({type(error).__name__})") from None

    async def _send(self, request: Request) -> Answer:
        async with self._client.request(request.method, request.url, request.headers, request.body) as response:
            return Answer(
                response.status,
                response.headers.get("Content-Type", ""),
                response.headers.get("Location", ""),
                await beginning(response.content.iter_any(), BODY_MOST),
            )


def _untrusted(error: Exception) -> str:
    why = error.verify_message.partition(",")[0] if isinstance(error, ssl.SSLCertVerificationError) else ""
    return f"its certificate cannot be trusted{f' ({why})' if why else ''}"
