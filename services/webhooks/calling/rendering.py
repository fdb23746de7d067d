"""From a webhook's definition to the request, at the instant of the call. Pure."""

import re
from collections.abc import Mapping

from msgspec import Struct
from yarl import URL

from libs.egress.call import INTRODUCTION
from libs.spec.model import Webhook
from libs.spec.shape.terms import HEADER_NAME
from libs.templates.render import SECRETS, TooLong, UnknownName, names, render

URL_BYTES = 8 * 1024
HEADERS_MOST = 48
HEADERS_BYTES = 12 * 1024
BODY_BYTES = 768 * 1024
"""What an agent may be asked to send at most; the same counts for direct calls, so that a webhook can move."""

_TELLING = 6
"""A shorter part of an address is found in any text."""

_METHOD = re.compile(r"[A-Z]{1,16}")
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_UNSENDABLE = re.compile(rf"{_CONTROL.pattern}|[\ud800-\udfff]")
_OURS = frozenset(
    {"connection", "content-length", "expect", "host", "proxy-authorization", "te", "trailer", "transfer-encoding"}
)
"""What the connection needs is said by who makes it."""


class Unrenderable(Exception):
    """The definition gives no request that can be sent; the text names the template, and no value."""


class Request(Struct, frozen=True):
    """What is sent. It holds secrets: it is neither stored nor logged."""

    method: str
    url: URL
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    hidden: tuple[str, ...] = ()
    """Parts of the address that only a secret says."""

    def __repr__(self) -> str:
        return f"Request({self.method} …)"


def rendered(webhook: Webhook, values: Mapping[str, str]) -> Request:
    """Every template with its values; `Unrenderable` where one has no value, or gives what cannot be sent."""
    url = _url(_render("uriTemplate", webhook.uri, values))
    return Request(
        method=_method(webhook.method),
        url=url,
        headers=_headers(webhook, values),
        body=_body(webhook, values),
        hidden=_hidden(webhook.uri, url),
    )


def templates(webhook: Webhook) -> tuple[str, ...]:
    """Every text that may name values."""
    headers = (text for header in webhook.headers for text in (header.key, header.value))
    return (webhook.uri, *headers, webhook.body or "")


def delivered(request: Request, delivery: str) -> Request:
    """The request with what tells one attempt from the next; an own Idempotency-Key stays."""
    given = {name.lower() for name, _ in request.headers}
    ours = (
        ("X-Fairlead-Delivery", delivery),
        ("Idempotency-Key", delivery),
        *INTRODUCTION.items(),
    )
    added = tuple(header for header in ours if header[0].lower() not in given)
    return Request(request.method, request.url, request.headers + added, request.body, request.hidden)


def redirected(request: Request, location: str) -> Request:
    """The same question at another address. What the user's headers say is for the first one alone."""
    try:
        url = _url(str(request.url.join(URL(location))))
    except ValueError:
        raise Unrenderable("it redirects to what is no address") from None
    if request.url.scheme == "https" and url.scheme != "https":
        raise Unrenderable("it redirects from https to http")
    headers = request.headers if url.origin() == request.url.origin() else ()
    return Request(request.method, url, headers, None, request.hidden and _parts(url))


def _render(where: str, template: str, values: Mapping[str, str]) -> str:
    try:
        return render(template, values)
    except UnknownName as error:
        raise Unrenderable(f"{where}, {error}") from None
    except TooLong as error:
        raise Unrenderable(f"{where}: {error}") from None


def _url(text: str) -> URL:
    try:
        url = URL(text.strip()).with_fragment(None)
        # Both are taken apart when they are read.
        is_address, size = bool(url.host and url.port), len(str(url).encode())
    except ValueError:
        raise Unrenderable("uriTemplate gives what is no address") from None
    if url.scheme not in ("http", "https") or not is_address:
        raise Unrenderable("uriTemplate gives no http or https address with a host")
    if _CONTROL.search(text) or size > URL_BYTES:
        raise Unrenderable(f"uriTemplate gives an address with line breaks, or longer than {URL_BYTES} bytes")
    return url


def _method(text: str) -> str:
    method = text.upper()
    if not _METHOD.fullmatch(method) or method in _REFUSED_METHODS:
        raise Unrenderable(f"the method {text[:32]!a} cannot be sent")
    return method


def _headers(webhook: Webhook, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for number, header in enumerate(webhook.headers):
        name = _render(f"headers[{number}].key", header.key, values).strip()
        value = _render(f"headers[{number}].value", header.value, values).strip()
        if not HEADER_NAME.fullmatch(name):
            raise Unrenderable(f"headers[{number}].key gives what is no name of a header")
        if _UNSENDABLE.search(value):
            raise Unrenderable(f"headers[{number}].value gives a line break or another control character")
        if name.lower() not in _OURS:
            found.append((name, value))
    _require(len(found) <= HEADERS_MOST, f"there are more than {HEADERS_MOST} headers")
    size = sum(len(name) + len(value.encode()) for name, value in found)
    _require(size <= HEADERS_BYTES, f"the headers are longer than {HEADERS_BYTES} bytes")
    return tuple(found)


def _body(webhook: Webhook, values: Mapping[str, str]) -> bytes | None:
    if webhook.body is None:
        return None
    body = _render("bodyTemplate", webhook.body, values).encode(errors="replace")
    _require(len(body) <= BODY_BYTES, f"the body is longer than {BODY_BYTES} bytes")
    return body


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Unrenderable(otherwise)


def _hidden(template: str, url: URL) -> tuple[str, ...]:
    """The longest first, so that no part of one stays when another is masked."""
    if not any(name.text.startswith(SECRETS) for name in names(template)):
        return ()
    return tuple(part for part in _parts(url) if part not in template)


def _parts(url: URL) -> tuple[str, ...]:
    whole = (url.path_qs, url.raw_path_qs, url.authority, url.host or "", url.query_string, url.raw_query_string)
    parts = {*whole, *url.parts, *url.raw_parts, *url.query.values()}
    return tuple(sorted((part for part in parts if len(part) >= _TELLING), key=lambda part: (-len(part), part)))
