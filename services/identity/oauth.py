"""What OAuth 2.0 asks of a token endpoint: forms read strictly, one way to authenticate, errors in its own words."""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from aiohttp import hdrs, web

from libs.runtime.http import answer
from libs.runtime.problem import Problem

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_FORM_BYTES = 16 * 1024
_FORM_FIELDS = 20


class OAuthError(Exception):
    """An error as RFC 6749 spells it: clients of OAuth 2.0 know no problem documents."""

    def __init__(self, status: int, error: str, description: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.headers = {**NO_STORE, **(headers or {})}


def refused(error: OAuthError) -> web.Response:
    return answer({"error": error.error, "error_description": str(error)}, error.status, error.headers)


async def form(request: web.Request) -> dict[str, str]:
    """The fields of a form body; none twice, as RFC 6749 3.2 has it."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise OAuthError(400, "invalid_request", "expected Content-Type: application/x-www-form-urlencoded")
    try:
        content = (await _bounded(request)).decode()
        pairs = parse_qsl(content, keep_blank_values=True, max_num_fields=_FORM_FIELDS, errors="strict")
    except ValueError as error:
        raise OAuthError(400, "invalid_request", "the form is malformed") from error
    if len(dict(pairs)) != len(pairs):
        raise OAuthError(400, "invalid_request", "a field is given twice")
    return dict(pairs)


async def _bounded(request: web.Request) -> bytes:
    content = bytearray()
    async for piece in request.content.iter_any():
        content += piece
        if len(content) > _FORM_BYTES:
            raise Problem(413, f"expected a form of at most {_FORM_BYTES} bytes")
    return bytes(content)


def credentials(request: web.Request, given: Mapping[str, str]) -> tuple[str, str]:
    """Id and secret, from the header or from the form, never from both."""
    header = request.headers.getall(hdrs.AUTHORIZATION, [])
    if header and ("client_secret" in given or len(header) > 1):
        raise OAuthError(400, "invalid_request", "expected one way to authenticate, got several")
    if header:
        return _basic(header[0])
    if not given.get("client_id") or not given.get("client_secret"):
        raise invalid_client("expected client_id and client_secret")
    return given["client_id"], given["client_secret"]


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        colon = ""
    if scheme.lower() != "basic" or not colon:
        raise invalid_client("expected Authorization: Basic with a client id and its secret")
    return unquote_plus(client_id), unquote_plus(secret)


def invalid_client(description: str) -> OAuthError:
    return OAuthError(401, "invalid_client", description, {"WWW-Authenticate": 'Basic realm="fairlead"'})
