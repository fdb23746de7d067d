"""Certificates that run out: how long each still lasts is measured, and from two weeks ahead it is said once a day."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct
from prometheus_client import Gauge

from libs.runtime.clock import Clock
from libs.runtime.log import logger
from libs.runtime.process import Process

TOLD_BEFORE = timedelta(days=14)
TOLD_EVERY = timedelta(days=1)
LOOK_SECONDS = 3600.0


class Pem(Struct, frozen=True):
    """A file of certificates."""

    path: Path
    is_chain: bool
    """Each of a chain must count; of authorities one is enough, for the next stands beside the last for a while."""


def ends(pem: bytes, is_chain: bool) -> datetime:
    """From when on these certificates are good for nothing. Raises `ValueError`."""
    return min(_any_ends(pem)) if is_chain else max(_authorities_ends(pem) or _any_ends(pem))


def _authorities_ends(pem: bytes) -> list[datetime]:
    """Without the library that reads any certificate: the agent has no other use for its eight megabytes."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # Bundles name their authorities between the certificates, in any language.
        context.load_verify_locations(cadata=pem.decode("ascii", errors="ignore"))
    except ssl.SSLError as error:
        raise ValueError(f"no certificates: {error.reason}") from error
    seconds = [ssl.cert_time_to_seconds(str(one["notAfter"])) for one in context.get_ca_certs()]
    return [datetime.fromtimestamp(one, UTC) for one in seconds]


def _any_ends(pem: bytes) -> list[datetime]:
    from cryptography import x509

    return [one.not_valid_after_utc for one in x509.load_pem_x509_certificates(pem)]


def is_to_be_told(left: timedelta, told_ago: timedelta | None) -> bool:
    """`told_ago` is None where it never was."""
    return left <= TOLD_BEFORE and (told_ago is None or told_ago >= TOLD_EVERY)


@asynccontextmanager
async def watched(files: Mapping[str, Pem], process: Process) -> AsyncIterator[None]:
    """Look at these files every hour while entered; the keys say what each is for."""
    expires = Gauge(
        "fairlead_certificate_expires_seconds",
        "How long a certificate still lasts, by what it is for; negative once it has run out.",
        ("what",),
        registry=process.metrics.registry,
    )
    watches = [_Watch(what, pem, expires.labels(what), process.clock) for what, pem in files.items()]
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(_look(watches, process.clock))
        yield
        looking.cancel()


async def _look(watches: list["_Watch"], clock: Clock) -> None:
    while True:
        for watch in watches:
            watch.look()
        await clock.sleep(LOOK_SECONDS)


class _Watch:
    """One file, and when it was last spoken of."""

    def __init__(self, what: str, pem: Pem, expires: Gauge, clock: Clock) -> None:
        self._what = what
        self._pem = pem
        self._expires = expires
        self._clock = clock
        self._told: datetime | None = None

    def look(self) -> None:
        """A file that cannot be read is for whoever uses it to complain of."""
        try:
            end = ends(self._pem.path.read_bytes(), self._pem.is_chain)
        except (OSError, ValueError):
            return
        now = self._clock.now()
        self._expires.set((end - now).total_seconds())
        if is_to_be_told(end - now, now - self._told if self._told else None):
            self._told = now
            told = {"what": self._what, "file": str(self._pem.path), "at": end.isoformat()}
            logger().warning("certificate_runs_out", **told)
