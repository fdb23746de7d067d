"""A deployment file that is named by its address, and the manifests beside it: fetched within bounds."""

from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cli.exits import Exit, Stop
from cli.login.issuer import is_in_the_clear
from cli.release import release
from libs.runtime.clock import SystemClock

SECONDS = 30.0
"""For one file, from the first word to the last byte."""
_CONNECT_SECONDS = 10.0
_PIECE = 64 * 1024


class NotThere(Stop):
    """The server has nothing at this address."""


def is_remote(file: str) -> bool:
    """`scheme://host/…`, as the original tells an address from a path."""
    parts = urlsplit(file)
    return bool(parts.scheme and parts.netloc)


def beside(url: str, path: str) -> str:
    """Where a manifest is that a fetched file names; empty where that is on another server."""
    found = urljoin(url, path.lstrip("/") if path.startswith("/") else path)
    return found if _origin(urlsplit(found)) == _origin(urlsplit(url)) else ""


def text_at(url: str, most_bytes: int) -> str:
    """Raises `Stop` that says why not."""
    try:
        return _fetched(url, most_bytes).decode()
    except UnicodeDecodeError as error:
        raise Stop(Exit.WRONG, f"{url} is not UTF-8 text", "save it as UTF-8") from error


def _fetched(url: str, most_bytes: int) -> bytes:
    _check(url)
    request = Request(url, headers={"User-Agent": f"fairlead/{release()}", "Accept-Encoding": "identity"})
    try:
        with build_opener(_NoRedirect).open(request, timeout=_CONNECT_SECONDS) as response:
            return _bounded(response, url, most_bytes)
    except HTTPError as error:
        with error:
            raise _refused(url, error) from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        cause = getattr(error, "reason", None) or error
        why = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
        raise Stop(Exit.UNREACHABLE, f"{url} cannot be fetched: {why}") from error


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise Stop(
            Exit.WRONG, f"{url} cannot be fetched: {parts.scheme} is not spoken here", "give an https:// address"
        )
    if parts.username is not None:
        raise Stop(Exit.WRONG, "an address with a name and a password in it is not fetched", "fetch it, then give -f -")
    if is_in_the_clear(url):
        hint = "give its https:// address: what comes in the clear, anybody on the way could have changed"
        raise Stop(Exit.WRONG, f"{url} is not fetched in the clear", hint)


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Where somebody else sends us is not what a person named."""


def _bounded(response: HTTPResponse, url: str, most_bytes: int) -> bytes:
    clock = SystemClock()
    until = clock.monotonic() + SECONDS
    content = b""
    while piece := response.read1(_PIECE):
        content += piece
        if len(content) > most_bytes:
            raise Stop(Exit.WRONG, f"{url} is larger than {most_bytes} bytes")
        if clock.monotonic() > until:
            raise Stop(Exit.UNREACHABLE, f"{url} was not there whole after {SECONDS:g} s")
    return content


def _refused(url: str, error: HTTPError) -> Stop:
    if error.code in (301, 302, 303, 307, 308):
        return Stop(
            Exit.WRONG, f"{url} sends us to {error.headers.get('Location', 'another address')}", "give that one"
        )
    if error.code in (404, 410):
        return NotThere(Exit.WRONG, f"nothing is at {url}")
    code = Exit.NOT_ALLOWED if error.code in (401, 403) else Exit.FAILED
    return Stop(code, f"{url} cannot be fetched: its server answered {error.code}", "fetch it yourself, then give -f -")


def _origin(parts: SplitResult) -> tuple[str, str]:
    return parts.scheme, parts.netloc
