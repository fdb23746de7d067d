"""How an HTTP error looks: an RFC 9457 problem document with a stable `code`, whatever went wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

_ECHO = 64
"""How much of what a client sent is repeated to it."""
_TITLES = {
    400: ("malformed_request", "The request cannot be understood"),
    401: ("not_authenticated", "Log in first"),
    403: ("not_allowed", "Not allowed"),
    404: ("not_found", "There is nothing here"),
    405: ("method_not_allowed", "This address does not take that method"),
    409: ("conflict", "This does not fit what is there"),
    413: ("too_large", "The request is too large"),
    415: ("unsupported_media_type", "The request has the wrong content type"),
    429: ("too_many_requests", "Too many requests"),
    500: ("internal", "Something unforeseen went wrong"),
    503: ("unavailable", "This cannot be done just now"),
}


class Problem(Exception):
    """Raised by a handler: the error that the client gets. `code` stays the same over releases."""

    def __init__(
        self,
        status: int,
        detail: str,
        code: str = "",
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        usual = _TITLES.get(status, (HTTPStatus(status).phrase.lower().replace(" ", "_"), HTTPStatus(status).phrase))
        self.status = status
        self.detail = detail
        self.code = code or usual[0]
        self.title = usual[1] if self.code == usual[0] else self.code.replace("_", " ").capitalize()
        self.fields = dict(fields or {})
        """More members of the document: `line`, `column`, `path`, …"""
        self.headers = dict(headers or {})


def document(problem: Problem) -> web.Response:
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.fields,
    }
    return web.Response(
        body=msgspec.json.encode(body),
        status=problem.status,
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def of_http_error(request: web.Request, error: web.HTTPException) -> Problem:
    """What aiohttp itself refuses, in our words."""
    match error:
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            detail = f"{quoted(request.path)} takes {allowed}, not {quoted(request.method)}"
            return Problem(405, detail, headers={"Allow": allowed})
        case web.HTTPNotFound():
            return Problem(404, f"nothing is at {quoted(request.path)}")
        case web.HTTPRequestEntityTooLarge():
            return Problem(413, "the body is larger than this address takes")
        case _:
            return Problem(error.status, f"the request was refused: {error.reason}")


def quoted(text: str) -> str:
    """What a client sent, short and without control characters, for use in a sentence."""
    return ascii(text if len(text) <= _ECHO else f"{text[:_ECHO]}…")
