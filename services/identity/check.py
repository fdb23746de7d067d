"""Whether a secret is the client's: slow on purpose, bounded, and remembered for a while when it was right.

A reconnecting fleet presents the same few secrets over and over: the first check of each costs a hash in one of two
threads, the next ones a digest. Wrong secrets are remembered by nobody and slowed down per client and address.
"""

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from msgspec import Struct

from libs.auth.clients import Client
from libs.auth.principal import Kind
from libs.runtime.clock import Clock

THREADS = 2
MAX_WAITING = 1000
REMEMBER_SECONDS = 900.0
MAX_REMEMBERED = 10_000
FREE_FAILURES = 5
SECONDS_PER_FAILURE = 10.0
"""What each failure beyond the free ones costs, and how fast they are forgiven."""

_NOBODY = Client(
    id="", name="", tenant="", kind=Kind.MACHINE, roles=(), salt=bytes(16), hash=bytes(32),
    created_at=datetime(1970, 1, 1, tzinfo=UTC),
)  # fmt: skip


Matches = Callable[[str, Client], bool]
"""Whether a secret is a client's: slow, and run in a thread."""


class Busy(Exception):
    """Too many secrets are being checked: come back in a few seconds."""


class TooManyFailures(Exception):
    """This client failed too often from this address."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many wrong secrets: try again in {seconds:.0f} s")
        self.seconds = seconds


class _Failures(Struct):
    count: float
    at: float


class SecretCheck:
    """Checks secrets, in threads of its own until it is closed."""

    def __init__(self, matches: Matches, clock: Clock, randomness: Random) -> None:
        self._matches = matches
        self._clock = clock
        self._pepper = randomness.randbytes(32)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="scrypt")
        self._turns = asyncio.Semaphore(THREADS)
        self._waiting = 0
        self._remembered: OrderedDict[bytes, float] = OrderedDict()
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def is_right(self, client_id: str, client: Client | None, secret: str, address: str) -> bool:
        """Whether it is the client's secret. An unknown client takes as long as a wrong secret.

        Raises `Busy` and `TooManyFailures`; a secret that was right before is let in whatever others do.
        """
        digest = self._digest(client or _NOBODY, secret)
        if self._is_remembered(digest):
            return True
        self._require_patience(client_id, address)
        async with self._turn():
            # Whoever waited behind the same secret is answered by the check before.
            if self._is_remembered(digest):
                return True
            self._require_patience(client_id, address)
            is_right = await self._hashed(client or _NOBODY, secret, digest) and client is not None
            if not is_right:
                self._failed(client_id, address)
            return is_right

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= MAX_WAITING:
            raise Busy(Busy.__doc__)
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1

    async def _hashed(self, client: Client, secret: str, digest: bytes) -> bool:
        loop = asyncio.get_running_loop()
        is_right = await loop.run_in_executor(self._threads, self._matches, secret, client)
        if is_right:
            self._remembered[digest] = self._clock.monotonic() + REMEMBER_SECONDS
            _trim(self._remembered)
        return is_right

    def _digest(self, client: Client, secret: str) -> bytes:
        # The salt changes with the secret, so a renewed one is never answered from memory.
        return hmac.digest(self._pepper, client.salt + client.hash + secret.encode(), hashlib.sha256)

    def _is_remembered(self, digest: bytes) -> bool:
        return self._remembered.get(digest, 0.0) > self._clock.monotonic()

    def _require_patience(self, client_id: str, address: str) -> None:
        excess = self._count(client_id, address) - FREE_FAILURES
        if excess >= 0:
            raise TooManyFailures((excess + 1) * SECONDS_PER_FAILURE)

    def _failed(self, client_id: str, address: str) -> None:
        count = self._count(client_id, address) + 1
        self._failures[client_id, address] = _Failures(count, self._clock.monotonic())
        self._failures.move_to_end((client_id, address))
        _trim(self._failures)

    def _count(self, client_id: str, address: str) -> float:
        """Failures that are not forgiven yet."""
        failures = self._failures.get((client_id, address))
        if failures is None:
            return 0.0
        return max(0.0, failures.count - (self._clock.monotonic() - failures.at) / SECONDS_PER_FAILURE)


def _trim(table: OrderedDict[Any, Any]) -> None:
    while len(table) > MAX_REMEMBERED:
        table.popitem(last=False)
