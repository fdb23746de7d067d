"""Asking an API server as one user, with JSON in and out."""

import ssl
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

_SECONDS = 30.0
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


class Refused(Exception):
    """The server said no; `status` is its answer's, the text its reason."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"{status}: {why}")
        self.status = status


class Api:
    def __init__(self, server: str, token: str, authority: Path) -> None:
        self._server = server
        self._headers = {"Authorization": f"Bearer {token}"}
        self._tls = ssl.create_default_context(cafile=str(authority))

    async def ask(self, method: str, path: str, body: Any = None, media: str = "application/json") -> Any:
        """The document that comes back; `Refused` where there is none."""
        status, answer = await self._sent(method, path, None if body is None else msgspec.json.encode(body), media)
        if status >= 300:
            raise Refused(status, answer.decode(errors="replace")[:1000])
        return msgspec.json.decode(answer)

    async def is_ready(self) -> bool:
        try:
            return (await self._sent("GET", "/readyz", None, ""))[0] == 200
        except (aiohttp.ClientError, OSError):
            return False

    async def _sent(self, method: str, path: str, data: bytes | None, media: str) -> tuple[int, bytes]:
        headers = self._headers | ({"Content-Type": media} if data is not None else {})
        async with aiohttp.request(
            method,
            self._server + path,
            data=data,
            headers=headers,
            ssl=self._tls,
            timeout=aiohttp.ClientTimeout(_SECONDS),
        ) as response:
            return response.status, await response.read()
