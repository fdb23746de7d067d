"""One client's connection to the HTTP server: malformed bytes get an answer like any error, dawdlers are let go."""

import asyncio

from aiohttp import web
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from libs.runtime.problem import Problem, document, of_http_error, quoted

PATIENCE_SECONDS = 30.0
"""How long a request's head may take, and each further part of its body or of the answer to it."""
LEAST_BYTES = 4096
"""How much of a body must arrive in that time."""
IDLE_SECONDS = 620.0
"""Between two requests: longer than any usual proxy keeps a connection that it might use again."""


class Connection(web.RequestHandler):
    """aiohttp's own, with our words and our patience."""

    __slots__ = ("_body", "_heard", "_in_head", "_left", "_patience", "_reading", "_writing")

    def __init__(self, server: web.Server, patience_seconds: float = PATIENCE_SECONDS) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, access_log=None, keepalive_timeout=IDLE_SECONDS)  # type: ignore[arg-type]
        self._patience = patience_seconds
        self._body: StreamReader = EMPTY_PAYLOAD
        """Of the newest request."""
        self._in_head = True
        """Whether the next request has begun and its head is not whole; the first one is due at once."""
        self._heard = 0
        self._left = 0
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._await_more()

    def data_received(self, data: bytes) -> None:
        requests, between = self._request_count, self._body.is_eof()
        super().data_received(data)
        self._heard += len(data)
        if self._request_count > requests:
            self._body, self._in_head = self._messages[-1][1], False
            self._stop_reading()
        elif between and data:
            self._in_head = True
        if not self._in_head and self._body.is_eof():
            self._stop_reading()
        elif self._reading is None:
            self._await_more()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_writing()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_reading()
        self._stop_writing()
        super().connection_lost(exc)

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What never reached a handler: it is told here, and logged nowhere, for anybody may send it all day."""
        if status >= 500 or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        said = (message or "").strip().partition("\n")[0].rstrip(":")
        return _last(Problem(status, f"the request cannot be read: {quoted(said)}"))

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if isinstance(resp, web.HTTPException) and resp.status >= 400 and isinstance(request, web.Request):
            resp = _last(of_http_error(request, resp))
        return await super().finish_response(request, resp, start_time)

    def _await_more(self) -> None:
        self._heard = 0
        self._reading = asyncio.get_running_loop().call_later(self._patience, self._look)

    def _look(self) -> None:
        """Whoever sends a byte now and then must not hold a place for ever. What we do not read, nobody can send."""
        if self._reading_paused or (self._heard >= LEAST_BYTES and not self._in_head):
            self._await_more()
        else:
            self._let_go()

    def _await_reader(self) -> None:
        self._left = self._unsent()
        self._writing = asyncio.get_running_loop().call_later(self._patience, self._look_at_reader)

    def _look_at_reader(self) -> None:
        if self._unsent() < self._left:
            self._await_reader()
        else:
            self._let_go()

    def _unsent(self) -> int:
        return self.transport.get_write_buffer_size() if self.transport is not None else 0

    def _let_go(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _stop_writing(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None


def _last(problem: Problem) -> web.Response:
    """The answer after which the connection ends: nobody knows where the next request would begin."""
    response = document(problem)
    response.force_close()
    return response
