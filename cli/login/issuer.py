"""Asking the identity service: a token for a secret, another one for a login, and the end of a login."""

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

from cli.exits import Exit, Stop
from cli.program import command
from cli.server.asking import Answer, Lines, Request, Unreached

LASTING = "offline_access"
_PAUSES = (0.5, 1.0, 2.0)
_AGAIN = frozenset({502, 503, 504})


class Granted(Struct, frozen=True):
    """A token, as OAuth 2.0 gives it."""

    access_token: str
    expires_in: int
    refresh_token: str = ""


class _Error(Struct, frozen=True):
    error: str
    error_description: str = ""


class Issuer:
    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    async def prove(self, client_id: str, secret: str, *, is_lasting: bool = False) -> Granted:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        return _granted(await self._ask("/oauth/token", form | ({"scope": LASTING} if is_lasting else {})), self._url)

    async def renew(self, client_id: str, refresh_token: str) -> Granted:
        form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": refresh_token}
        return _granted(await self._ask("/oauth/token", form), self._url)

    async def revoke(self, client_id: str, refresh_token: str) -> None:
        await self._ask("/oauth/revoke", {"client_id": client_id, "token": refresh_token})

    async def _ask(self, path: str, form: Mapping[str, str]) -> bytes:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        request = Request("POST", path, headers, urlencode(form).encode())
        lines = Lines(self._url)
        try:
            answer = await _patiently(lines, request, self._url)
        finally:
            lines.close()
        if answer.status != 200:
            raise _refused(answer, self._url)
        return answer.body


def is_in_the_clear(url: str) -> bool:
    """Whether anybody on the way could read a secret."""
    parts = urlsplit(url)
    return parts.scheme != "https" and not _is_this_machine(parts.hostname or "")


async def _patiently(lines: Lines, request: Request, url: str) -> Answer:
    for pause in (*_PAUSES, None):
        try:
            answer = await lines.ask(request)
        except Unreached as error:
            if pause is None:
                raise Stop(Exit.UNREACHABLE, f"{url} cannot be reached for a token: {error}", *_elsewhere()) from error
        else:
            if answer.status not in _AGAIN or pause is None:
                return answer
        await asyncio.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _refused(answer: Answer, url: str) -> Stop:
    try:
        said = msgspec.json.decode(answer.body, type=_Error)
    except msgspec.MsgspecError:
        why = f"{url} answered {answer.status} where a token was asked for"
        return Stop(Exit.FAILED if answer.status >= 500 else Exit.WRONG, why, *_elsewhere())
    match said.error:
        case "invalid_client":
            hint = f"compare the id with {command('credential', 'list')}; a secret is shown only when it is made"
            return Stop(Exit.NOT_ALLOWED, said.error_description or "the id or the secret is wrong", hint)
        case "invalid_grant":
            return Stop(Exit.NOT_ALLOWED, f"the login at {url} has ended", f"log in again: {command('login')}")
    code = Exit.FAILED if answer.status >= 500 else Exit.NOT_ALLOWED
    return Stop(code, f"{url} gives no token: {said.error_description or said.error}")


def _elsewhere() -> tuple[str, ...]:
    return ("where tokens come from another address than the server's, name it: --issuer, or FAIRLEAD_ISSUER_URL",)


def _granted(body: bytes, url: str) -> Granted:
    try:
        return msgspec.json.decode(body, type=Granted)
    except msgspec.MsgspecError as error:
        raise Stop(Exit.FAILED, f"{url} answered something that is no token: {error}") from error


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
