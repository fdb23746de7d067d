"""One connection to NATS: how it is opened, how it is asked, and how its loss is noticed."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
import nats.errors
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg

from libs.durable.ports import Unavailable, Unknown, WentBack
from libs.runtime.log import logger

Answer = TypeVar("Answer")

REQUEST_SECONDS = 5.0

_STREAM_MISSING = 10059

_log = logger()


class Refused(Exception):
    """JetStream refused a request: `code` is its error number."""

    def __init__(self, request: str, code: int, text: str) -> None:
        super().__init__(f"{request}: {text} ({code})")
        self.code = code


class Closed(Exception):
    """The connection to NATS ended for good, for instance because the credentials were withdrawn: start again."""


class ApiError(Struct, frozen=True):
    code: int
    err_code: int = 0
    description: str = ""


class _Failure(Struct, frozen=True):
    error: ApiError | None = None


_failures = msgspec.json.Decoder(_Failure)


class _Client(Client):
    """The client, and no message that anybody stored makes it deaf: what it raises here would end its reading for good.

    The server takes any bytes as a subject and as headers, and delivers them again and again.
    """

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        try:
            read: dict[str, str] | None = await super()._process_headers(headers)
        except (ValueError, IndexError):  # a UnicodeDecodeError is one as well
            _log.warning("headers_unreadable", headers=headers[:200])
            return None
        return read

    def _build_message(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: dict[str, str] | None
    ) -> Any:
        return super()._build_message(sid, _legible(subject), _legible(reply), data, headers)


def _legible(subject: bytes) -> bytes:
    return subject.decode(errors="backslashreplace").encode()


class Connection:
    """A NATS client with requests that end at once when the connection is lost, instead of waiting out their time."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.epoch = 0
        """Counts losses: who started under another epoch must start again."""
        self.on_change: set[Callable[[], None]] = set()
        """Called when the connection is lost, when it is back, and when the stream is doubted."""
        self.doubts = 0
        """Counts the times that another stream may have come in the place of ours."""
        self.newest = (0, "")
        """Sequence and subject of the newest message that the stream took from this process, timers left out."""
        self.barrier: Callable[[], None] = _open
        """Raises while nothing may be written or ordered, although there is a connection."""
        self._inbox = ""
        self._numbers = 0
        self._waiting: dict[str, asyncio.Future[Msg]] = {}

    async def open(self) -> None:
        """Listen for answers."""
        self._inbox = self.client.new_inbox()
        await self.client.subscribe(f"{self._inbox}.*", cb=self._answered)

    async def request(
        self, subject: str, body: bytes, headers: dict[str, str] | None = None, timeout: float = REQUEST_SECONDS
    ) -> Msg:
        """Ask and wait. `Unavailable`: it was not accepted; `Unknown`: it may have been."""
        self.require()
        self._numbers += 1
        token = str(self._numbers)
        answer: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._waiting[token] = answer
        try:
            async with asyncio.timeout(timeout):
                await self.client.publish(subject, body, reply=f"{self._inbox}.{token}", headers=headers)
                message = await answer
        except (TimeoutError, nats.errors.Error) as error:
            raise Unknown(f"{subject}: no answer: {error!r}") from error
        finally:
            del self._waiting[token]
        if is_gone(message):
            raise Unavailable(f"{subject}: nobody answers")
        return message

    async def ask(self, verb: str, body: object, kind: type[Answer], timeout: float = REQUEST_SECONDS) -> Answer:
        """A request to JetStream that changes nothing or may be repeated: its loss is `Unavailable`."""
        try:
            message = await self.request(f"$JS.API.{verb}", msgspec.json.encode(body), timeout=timeout)
        except Unknown as error:
            raise Unavailable(str(error)) from error
        failure = _failures.decode(message.data).error
        if failure is None:
            return msgspec.json.decode(message.data, type=kind)
        if failure.code >= 500:
            raise Unavailable(f"{verb}: {failure.description}")
        if failure.err_code == _STREAM_MISSING:
            raise WentBack(f"{verb}: {failure.description}")
        raise Refused(verb, failure.err_code, failure.description)

    def require(self) -> None:
        """Raise unless messages can be sent now: the client would keep them and send them much later."""
        if self.client.is_closed:
            raise Closed(Closed.__doc__)
        if not self.client.is_connected:
            raise Unavailable("not connected to NATS")

    def require_trusted(self) -> None:
        """Raise unless messages can be sent now, and the store is the one that was known."""
        self.require()
        self.barrier()

    def doubt(self) -> None:
        """The stream may be another one: let it be looked at before anything is written."""
        self.doubts += 1
        self._changed()

    async def connected(self) -> None:
        """Wait until there is a connection."""
        changed = asyncio.Event()
        self.on_change.add(changed.set)
        try:
            while not self.client.is_connected:
                if self.client.is_closed:
                    raise Closed(Closed.__doc__)
                await changed.wait()
                changed.clear()
        finally:
            self.on_change.discard(changed.set)

    async def lost(self) -> None:
        if not self.client.is_closed:
            _log.warning("nats_lost")
        self.epoch += 1
        self.doubts += 1
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(nats.errors.ConnectionClosedError())
        self._changed()

    async def regained(self) -> None:
        _log.info("nats_regained")
        self._changed()

    async def ended(self) -> None:
        self._changed()

    async def _answered(self, message: Msg) -> None:
        answer = self._waiting.get(message.subject.rpartition(".")[2])
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _changed(self) -> None:
        for listener in tuple(self.on_change):
            listener()


@asynccontextmanager
async def connect(
    servers: Sequence[str], name: str, chance: random.Random, **options: Any
) -> AsyncIterator[Connection]:
    """A connection that never gives up; `options` are the client's own for TLS and credentials.

    Entering waits for as long as there is no server: give it a timeout where that matters.
    """
    client = _Client()
    connection = Connection(client)
    await client.connect(
        servers=list(servers),
        name=name,
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        reconnect_to_server_handler=_spread(chance),
        ping_interval=10,
        max_outstanding_pings=2,
        error_cb=_failed,
        disconnected_cb=connection.lost,
        reconnected_cb=connection.regained,
        closed_cb=connection.ended,
        **options,
    )
    try:
        await connection.open()
        yield connection
    finally:
        await _close(client)


def is_gone(message: Msg) -> bool:
    """Whether it is the server's word that nobody listens."""
    return not message.data and (message.headers or {}).get("Status") == "503"


def _open() -> None:
    return


def _spread(chance: random.Random) -> Callable[..., Any]:
    """Reconnect to any server after a random pause, so that a restart is not met by all clients at once."""

    def choose(servers: list[Any], _: object) -> tuple[Any, float]:
        return chance.choice(servers), chance.uniform(0.1, 2.0)

    return choose


async def _failed(error: Exception) -> None:
    _log.warning("nats_error", error=repr(error))


async def _close(client: Client) -> None:
    # Not the client's own drain: with a dead server it swallows the cancellation of a timeout and waits on.
    try:
        if client.is_connected:
            await client.flush(timeout=2)
    except nats.errors.Error as error:
        _log.warning("nats_unflushed", error=repr(error))
    finally:
        await client.close()
