"""What stands in for time and for an issuer elsewhere: both move only when a test says so."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

START = datetime(2030, 1, 2, 12, tzinfo=UTC)


class VirtualClock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self._passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    async def sleep(self, seconds: float) -> None:
        self._passed += seconds
        await asyncio.sleep(0)

    def pass_by(self, seconds: float) -> None:
        self._passed += seconds


class RemoteIssuer:
    """An issuer reached over a network that a test can cut. It counts how often its keys are read."""

    def __init__(self, url: str, *keys: Mapping[str, Any]) -> None:
        self.url = url
        self.keys = list(keys)
        self.name = url
        self.is_up = True
        self.reads = 0

    async def fetch(self, url: str) -> bytes:
        await asyncio.sleep(0)
        if url.endswith("/.well-known/openid-configuration"):
            self.reads += 1
            document: dict[str, Any] = {"issuer": self.name, "jwks_uri": f"{self.url}/jwks"}
        else:
            document = {"keys": self.keys}
        if not self.is_up:
            raise ConnectionError("no route to the issuer")
        return msgspec.json.encode(document)
