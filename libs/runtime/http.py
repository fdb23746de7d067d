"""The HTTP server that every process has: health, metrics, and whatever routes a service adds.

    app = application(process)
    app.add_routes(more)
    async with serve(app, settings.http_address) as port: ...

Every error is a problem document (`libs.runtime.problem`), every request is traced, counted and of limited size.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from libs.runtime import log, trace
from libs.runtime.body import Body, decoded, require_known
from libs.runtime.connection import PATIENCE_SECONDS, Connection
from libs.runtime.health import Health
from libs.runtime.json_keys import require_single_keys
from libs.runtime.problem import Problem, document, of_http_error
from libs.runtime.process import CannotStart, Process

MAX_BODY_BYTES = 4 * 1024 * 1024
_STOP_SECONDS = 5.0
_TRACE = web.RequestKey("trace", trace.Trace)
_BEGUN = web.RequestKey("begun", web.StreamResponse)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(process: Process, max_bytes: int = MAX_BODY_BYTES) -> web.Application:
    """The server's application with the routes that every process has."""
    logging.getLogger("aiohttp.server").addFilter(_is_about_us)
    app = web.Application(
        client_max_size=max_bytes, middlewares=[_traced(process), _measured(process), _answered(max_bytes)]
    )
    app.on_response_prepare.append(_begin)
    app.add_routes(routes(process.health, process.metrics.registry))
    return app


def routes(health: Health, registry: CollectorRegistry) -> list[web.RouteDef]:
    """What whoever runs this process asks it; nothing here needs a token."""

    async def healthz(_: web.Request) -> web.Response:
        if not health.alive:
            raise Problem(503, "this process must be started again", "not_alive")
        return answer({"alive": True})

    async def readyz(_: web.Request) -> web.Response:
        if not health.is_ready:
            raise Problem(503, "this process cannot work just now", "not_ready", {"reasons": health.reasons})
        return answer({"ready": True})

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


@asynccontextmanager
async def serve(app: web.Application, address: str, patience_seconds: float = PATIENCE_SECONDS) -> AsyncIterator[int]:
    """Listen on `host:port` while entered; gives the port, which the system chooses for port 0."""
    runner = web.AppRunner(app, shutdown_timeout=_STOP_SECONDS)
    await runner.setup()
    try:
        listening = await _listening(runner, address, patience_seconds)
        try:
            yield int(listening.sockets[0].getsockname()[1])
        finally:
            listening.close()
    finally:
        await runner.cleanup()


async def _listening(runner: web.AppRunner, address: str, patience_seconds: float) -> asyncio.Server:
    host, port = split(address)
    server = runner.server
    assert server is not None, "the runner is set up"
    try:
        return await asyncio.get_running_loop().create_server(lambda: Connection(server, patience_seconds), host, port)
    except (OSError, OverflowError) as error:
        raise CannotStart(f"cannot listen on {address} (FAIRLEAD_HTTP_ADDRESS): {error}") from error


def split(address: str) -> tuple[str, int]:
    """`host:port` taken apart; an IPv6 host stands in brackets."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise CannotStart(f"expected host:port with a port up to 65535, got {address}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A value as a JSON response."""
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json", headers=headers
    )


async def body(request: web.Request, kind: type[Body]) -> Body:
    """The JSON body, typed; a `Problem` where it is not JSON, not of that shape, or holds what is not known."""
    if request.content_type != "application/json":
        raise Problem(415, "expected Content-Type: application/json")
    text = await request.read()
    typed = decoded(text, kind)
    await require_single_keys(text)
    require_known(text, kind)
    return typed


async def _begin(request: web.Request, response: web.StreamResponse) -> None:
    request[_BEGUN] = response
    response.headers["X-Content-Type-Options"] = "nosniff"
    if _TRACE in request:
        response.headers["traceparent"] = request[_TRACE].traceparent


def _traced(process: Process) -> Any:
    @web.middleware
    async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
        place = request[_TRACE] = trace.follow(request.headers.get("traceparent", ""), process.random)
        with trace.entered(place):
            return await handler(request)

    return traced


def _measured(process: Process) -> Any:
    @web.middleware
    async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, status = process.clock.monotonic(), 499
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            seconds = process.clock.monotonic() - began
            method = request.method if request.method in hdrs.METH_ALL else "other"
            process.metrics.requests.labels(method, _route(request), str(status)).observe(seconds)

    return measured


def _answered(max_bytes: int) -> Any:
    @web.middleware
    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if (request.content_length or 0) > max_bytes:
                raise Problem(413, f"the body is larger than {max_bytes} bytes")
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return document(of_http_error(request, error))
        except Exception as error:  # noqa: BLE001 - a client gets a document, the log gets the traceback
            return _told(request, error)

    return answered


def _told(request: web.Request, error: Exception) -> web.StreamResponse:
    match error:
        case Problem():
            return document(error)
        case ConnectionError():
            return _cut_off(request)
        case web.RequestPayloadError() | HttpProcessingError():
            return document(Problem(400, "the body cannot be read: it is cut short or wrongly encoded"))
        case _:
            return _unforeseen(request, error)


def _unforeseen(request: web.Request, error: Exception) -> web.StreamResponse:
    log.logger().error("request_failed", method=request.method, route=_route(request), exc_info=error)
    if _BEGUN in request:
        return _cut_off(request)
    return document(Problem(500, "the server's log says what happened", fields={"trace_id": request[_TRACE].trace_id}))


def _cut_off(request: web.Request) -> web.StreamResponse:
    """Only closing the connection says that an answer which had begun is not whole."""
    if request.transport is not None:
        request.transport.abort()
    return request.get(_BEGUN) or document(Problem(400, "the client has gone"))


def _is_about_us(record: logging.LogRecord) -> bool:
    """Whether the library's log line is more than a client's malformed bytes, which anybody may send all day."""
    return not (record.exc_info and isinstance(record.exc_info[1], web.RequestPayloadError | HttpProcessingError))


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"
