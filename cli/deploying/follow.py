"""Following a deployment over cuts: frames as they come, from where the last connection ended."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from math import inf

import aiohttp

from cli.exits import Stop
from cli.server.client import API, Client, refused, unreachable
from libs.api.stream import Frame, Reader

PATIENCE_SECONDS = 120.0
"""How long a server may be away before it is given up."""
AWAY_SECONDS = 3.0
"""After how long a person is told."""
_LONGEST_PAUSE = 5.0


class Follow:
    """The frames of one deployment, until its end."""

    def __init__(
        self, client: Client, deployment: str, last_id: str = "", say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._client = client
        self._url = f"{client.place.server}{API}/deployments/{deployment}/events"
        self._last_id = last_id
        self._has_ended = False
        self._absence = _Absence(say)
        self._pauses = _pauses()

    async def frames(self) -> AsyncGenerator[Frame, None]:
        async with self._session() as session, self._absence:
            while not self._has_ended:
                async for frame in self._until_cut(session):
                    yield frame
                if not self._has_ended:
                    await asyncio.sleep(next(self._pauses))

    def _session(self) -> aiohttp.ClientSession:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
        return aiohttp.ClientSession(timeout=timeout, trust_env=True)

    async def _until_cut(self, session: aiohttp.ClientSession) -> AsyncGenerator[Frame, None]:
        try:
            async with aclosing(self._connection(session)) as frames:
                async for frame in frames:
                    yield frame
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if self._absence.begin() > PATIENCE_SECONDS:
                raise unreachable(self._client.place.server, error) from error

    async def _connection(self, session: aiohttp.ClientSession) -> AsyncGenerator[Frame, None]:
        since = {"Last-Event-ID": self._last_id} if self._last_id else {}
        headers = await self._client.headers() | {"Accept": "text/event-stream"} | since
        async with session.get(self._url, headers=headers) as response:
            if response.status == 204:
                self._has_ended = True
                return
            if await self._is_for_later(response.status):
                raise aiohttp.ClientConnectionError(f"the server answered {response.status}")
            if response.status != 200:
                raise await _refusal(response)
            self._absence.end()
            self._pauses = _pauses()
            reader = Reader()
            async for piece in response.content.iter_any():
                for frame in reader.feed(piece):
                    self._last_id = frame.id or self._last_id
                    self._has_ended = self._has_ended or frame.event == "end"
                    yield frame

    async def _is_for_later(self, status: int) -> bool:
        """Whether the same may go well soon: a stream ends with its token, and a login gives another."""
        return status >= 500 or status == 429 or (status == 401 and await self._client.access.refused())


def _pauses() -> Iterator[float]:
    pause = 0.25
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)


class _Absence:
    """How long the server has been away, and whether a person has been told."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._since = inf
        self._told = False
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        self._rest()

    def begin(self) -> float:
        """The server does not answer; for how many seconds now."""
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._since, self._timer = loop.time(), loop.call_later(AWAY_SECONDS, self._tell)
        return loop.time() - self._since

    def end(self) -> None:
        if self._told:
            self._say("the server is back")
        self._rest()

    def _tell(self) -> None:
        self._told = True
        self._say("the server is away; trying again")

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._told = None, False


async def _refusal(response: aiohttp.ClientResponse) -> Stop:
    return refused(response.status, await response.read())
