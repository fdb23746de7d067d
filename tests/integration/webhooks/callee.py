"""A server to be called: it answers as the test says and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from msgspec import Struct

Answers = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Asked(Struct, frozen=True):
    method: str
    path: str
    headers: dict[str, str]
    body: str


class Callee:
    """`answers` are given in turn, the last one for ever: a status, or a function of the request."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.arrived = asyncio.Event()
        self.answers: list[int | Answers] = [200]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.path_qs, headers, await request.text()))
        self.arrived.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=answer) if isinstance(answer, int) else await answer(request)


@asynccontextmanager
async def callee(*answers: int | Answers) -> AsyncIterator[Callee]:
    one = Callee()
    one.answers = list(answers or (200,))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", one.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield one
    finally:
        await runner.cleanup()
