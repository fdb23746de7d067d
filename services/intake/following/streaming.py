"""A deployment's events over HTTP, as server-sent events."""

import asyncio

from aiohttp import web

from libs.api.stream import HEARTBEAT, encode
from libs.auth.principal import Principal
from libs.durable.ports import Unavailable, Unknown
from libs.messages.subject import Key
from libs.runtime import log
from libs.runtime.clock import Clock
from libs.runtime.problem import Problem
from services.intake.following.frames import Beat, Following
from services.intake.listing.query import last_event_id

WRITE_SECONDS = 30.0
_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Streaming:
    def __init__(self, following: Following, clock: Clock, most: int) -> None:
        self._following = following
        self._clock = clock
        self._free = most

    async def stream(self, request: web.Request, who: Principal, key: Key) -> web.StreamResponse:
        """Ends with the deployment, with the caller's token, or with a client that does not read."""
        place = last_event_id(request)
        if await self._following.is_over(key, place):
            return web.Response(status=204)  # tells a browser not to come back
        if not self._free:
            raise Problem(503, "too many clients follow deployments here; try again", headers={"Retry-After": "5"})
        self._free -= 1
        try:
            return await self._written(request, who, key, place)
        finally:
            self._free += 1

    async def _written(self, request: web.Request, who: Principal, key: Key, place: str) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        try:
            async for frame in self._following.frames(key, place):
                if self._clock.now() >= who.expires_at:
                    break
                await _write(response, HEARTBEAT if isinstance(frame, Beat) else encode(frame))
        except (Unavailable, Unknown) as error:
            # The answer has begun: only its end can say so. The client comes back and goes on from its last id.
            log.logger().warning("stream_ended", deployment=key.deployment, error=str(error))
        return response


async def _write(response: web.StreamResponse, piece: bytes) -> None:
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            await response.write(piece)
    except TimeoutError as error:
        raise ConnectionResetError("the client does not read") from error
