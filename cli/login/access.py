"""The token of a command: given, of a login, for a secret, or of `fairlead up`; renewed while the command lasts."""

import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from cli.exits import Exit, Stop
from cli.login import kept
from cli.login.credential import Credential, given
from cli.login.issuer import Granted, Issuer
from cli.login.kept import Login
from cli.options import Options, Place, running, state_dir, where
from cli.program import command
from libs.runtime.clock import Clock, SystemClock

EARLY = timedelta(minutes=5)
"""Before its end, a token is renewed; a short-lived one at four fifths of its life."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class Held(Struct, frozen=True):
    """A token, and until when it may be used as it is."""

    token: str
    renew_at: datetime = _NEVER
    expires_at: datetime = _NEVER


Renew = Callable[[], Awaitable[Held]]


class Access:
    """What a command shows the server."""

    def __init__(self, held: Held, renew: Renew | None = None, clock: Clock | None = None, origin: str = "") -> None:
        self.origin = origin
        """Where it comes from, for a person who wonders."""
        self._held = held
        self._renew = renew
        self._clock = clock or SystemClock()

    async def token(self) -> str:
        """One that counts for a while yet. Raises `Stop` where there is none."""
        if self._renew and self._clock.now() >= self._held.renew_at:
            await self._try(self._renew)
        return self._held.token

    async def refused(self) -> bool:
        """The server took the token for none: whether there is another one now."""
        before = self._held.token
        if self._renew:
            self._held = await self._renew()
        return self._held.token != before

    async def _try(self, renew: Renew) -> None:
        try:
            self._held = await renew()
        except Stop as stop:
            # Whoever gives tokens may be away for as long as the one at hand counts.
            if stop.code is Exit.NOT_ALLOWED or self._clock.now() >= self._held.expires_at:
                raise


def place_of(options: Options, environ: Mapping[str, str] = os.environ) -> Place:
    """Where to; without a name and a running `fairlead up`, to where somebody logged in last."""
    return where(options, environ, lambda: kept.read(environ).last)


def access(options: Options, place: Place, environ: Mapping[str, str] = os.environ) -> Access:
    """What is given, else what this folder's `fairlead up` left unless a server is named, else the login."""
    if place.is_given:
        return Access(Held(place.token), origin="the token that was given")
    credential = given(options, environ)
    if credential.secret:
        issuer = Issuer(options.issuer or place.server)
        return _proving(issuer, credential)
    has_up = bool(place.token) and not credential.client_id
    if has_up and not options.server:
        return _of_up(place, environ)
    login = kept.read(environ).at(place.server)
    if login and credential.client_id in ("", login.client_id):
        return _logged_in(login, environ)
    if has_up:
        return _of_up(place, environ)
    raise not_logged_in(place.server, credential.client_id)


def _of_up(place: Place, environ: Mapping[str, str]) -> Access:
    return Access(Held(place.token), lambda: _renewed_up(place, environ), origin="fairlead up's own token")


def not_logged_in(server: str, client_id: str = "") -> Stop:
    what = f"not logged in to {server}{f' as {client_id}' if client_id else ''}"
    return Stop(
        Exit.NOT_ALLOWED,
        what,
        f"log in: {command('login', '--server', server)}",
        "or set FAIRLEAD_CLIENT_ID and FAIRLEAD_CLIENT_SECRET, or a token as FAIRLEAD_TOKEN",
    )


def held(granted: Granted, now: datetime) -> Held:
    life = timedelta(seconds=granted.expires_in)
    return Held(granted.access_token, now + life - min(EARLY, life / 5), now + life)


def _proving(issuer: Issuer, credential: Credential) -> Access:
    clock = SystemClock()

    async def prove() -> Held:
        return held(await issuer.prove(credential.client_id, credential.secret), clock.now())

    return Access(Held("", clock.now(), clock.now()), prove, origin="the client and secret that were given")


def _logged_in(login: Login, environ: Mapping[str, str]) -> Access:
    clock = SystemClock()
    now = Held(login.token, login.renew_at, login.expires_at)

    async def renew() -> Held:
        if not login.refresh_token:
            hint = f"log in again: {command('login', '--server', login.server)}"
            raise Stop(Exit.NOT_ALLOWED, f"the login at {login.server} has ended", hint)
        granted = await Issuer(login.issuer).renew(login.client_id, login.refresh_token)
        fresh = held(granted, clock.now())
        changed = replace(login, token=fresh.token, renew_at=fresh.renew_at, expires_at=fresh.expires_at)
        kept.change(lambda logins: logins.renewed(changed), environ)
        return fresh

    return Access(now, renew, origin=f"the login as {login.client_id}")


async def _renewed_up(place: Place, environ: Mapping[str, str]) -> Held:
    """It writes a new token down now and then."""
    up = running(state_dir(environ))
    return Held(up.token if up and up.server == place.server else place.token)
