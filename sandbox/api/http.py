"""How does the API get onto a socket? The only file that knows aiohttp: requests in, answers and streams out."""

import hmac
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress

from aiohttp import web

from sandbox.api.router import Api
from sandbox.api.wire import JSON, Request, Response, refusal
from sandbox.objects.refusals import Refused, too_large

HOST = "127.0.0.1"
MOST_BYTES = 3 * 1024 * 1024
SHUTDOWN_SECONDS = 0.5


class Door:
    """Lets requests with the right token in; without a token, all."""

    def __init__(self, api: Api, token: str) -> None:
        self._api = api
        self._token = token

    async def handle(self, incoming: web.Request) -> web.StreamResponse:
        if not self._is_welcome(incoming):
            return _whole(refusal(Refused(401, "Unauthorized", "Unauthorized")))
        try:
            body = await incoming.read()
        except web.HTTPRequestEntityTooLarge:
            return _whole(refusal(too_large(MOST_BYTES)))
        response = await self._api.handle(_request(incoming, body))
        return _whole(response) if response.stream is None else await _streamed(incoming, response.stream)

    def _is_welcome(self, incoming: web.Request) -> bool:
        given = incoming.headers.get("Authorization", "")
        return not self._token or hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode())


def _request(incoming: web.Request, body: bytes) -> Request:
    return Request(
        method=incoming.method,
        path=incoming.path,
        query=dict(incoming.query),
        headers={name.lower(): value for name, value in incoming.headers.items()},
        body=body,
    )


def _whole(response: Response) -> web.Response:
    headers = {**response.headers, "Content-Type": response.content_type}
    return web.Response(status=response.status, body=response.body, headers=headers)


async def _streamed(incoming: web.Request, stream: AsyncGenerator[bytes]) -> web.StreamResponse:
    outgoing = web.StreamResponse(headers={"Content-Type": JSON})
    outgoing.enable_chunked_encoding()
    await outgoing.prepare(incoming)
    # Whoever watched may leave at any time: then there is nobody left to tell.
    with suppress(ConnectionError):
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                await outgoing.write(chunk)
        await outgoing.write_eof()
    return outgoing


@asynccontextmanager
async def listening(api: Api, port: int, token: str = "") -> AsyncGenerator[int]:
    """Serve on loopback while the block runs; port 0 takes a free one. Yields the port."""
    application = web.Application(client_max_size=MOST_BYTES)
    application.router.add_route("*", "/{path:.*}", Door(api, token).handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port, reuse_address=True)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        api.watches.drop()
        await runner.cleanup()
