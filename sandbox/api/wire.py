"""What goes in and comes out of the API, whatever carries it: HTTP, or a direct call in the same process."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sandbox.objects.refusals import Refused

JSON = "application/json"
RETRY_SOON = {429, 503}


class Request(Struct, frozen=True, kw_only=True):
    """Header names are in lower case."""

    method: str
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: bytes = b""

    @property
    def accept(self) -> str:
        return self.headers.get("accept", "")

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", JSON).partition(";")[0].strip()

    @property
    def user_agent(self) -> str:
        return self.headers.get("user-agent", "unknown")

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in {"true", "1"}


class Response(Struct, frozen=True):
    """Either a whole body or a stream of chunks."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = {}
    stream: AsyncGenerator[bytes] | None = None


def answer(value: Any, status: int = 200) -> Response:
    return Response(status, msgspec.json.encode(value))


def warned(response: Response, warnings: list[str]) -> Response:
    """The answer with warnings for a person; a header holds one line, so they share it."""
    if not warnings:
        return response
    told = "; ".join(warnings).replace("\\", "\\\\").replace('"', '\\"')
    return replace(response, headers={**response.headers, "Warning": f'299 - "{told}"'})


def refusal(refused: Refused) -> Response:
    headers = {"Retry-After": "1"} if refused.code in RETRY_SOON else {}
    return Response(refused.code, msgspec.json.encode(refused.status()), headers=headers)
