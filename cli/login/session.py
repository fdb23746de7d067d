"""`fairlead login` and `fairlead logout`: a login begun, and ended where it was given and where it was kept."""

import os
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cli.exits import Exit, Stop
from cli.login import kept
from cli.login.access import Access, Held, held, place_of
from cli.login.credential import SHOWN, Credential, asked, given, secret_in
from cli.login.issuer import Granted, Issuer, is_in_the_clear
from cli.login.kept import Login
from cli.options import Options, Place, running, state_dir
from cli.output import Output
from cli.program import command
from cli.server.asking import Lines
from cli.server.client import Client
from libs.api.view import WhoAmI
from libs.runtime.clock import SystemClock


class LoggedIn(Struct, frozen=True, rename="camel"):
    server: str
    client_id: str
    tenant: str
    roles: tuple[str, ...]
    renews: bool
    """Whether the login outlives its first token."""
    expires_at: datetime


class LoggedOut(Struct, frozen=True, rename="camel"):
    servers: tuple[str, ...]


class Wish(Struct, frozen=True):
    """Who wants to be logged in, and where."""

    server: str
    issuer: str
    credential: Credential
    tenant: str = ""
    """Empty: whichever the client belongs to."""


def wished(options: Options, output: Output, secret_file: str, tenant: str) -> Wish:
    """What is not given is asked for: before anything runs that an interruption would have to wait for."""
    server = place_of(options).server
    issuer = (options.issuer or server).rstrip("/")
    if options.client_secret:
        output.note(SHOWN, "yellow")
    if is_in_the_clear(issuer):
        output.note(f"warning: the secret travels to {issuer} in the clear; an https:// address keeps it", "yellow")
    credential = given(options, os.environ)
    if secret_file:
        credential = replace(credential, secret=secret_in(secret_file))
    return Wish(server, issuer, asked(credential), tenant)


async def log_in(wish: Wish, output: Output) -> Exit:
    credential = wish.credential
    granted = await Issuer(wish.issuer).prove(credential.client_id, credential.secret, is_lasting=True)
    login = _login(wish.server, wish.issuer, credential.client_id, granted)
    try:
        who = await _who(login, output)
        _check_tenant(who, wish.tenant)
    except Stop:
        await _revoke(login, output)
        raise
    kept.change(lambda logins: logins.with_(login))
    _tell(output, login, who)
    return Exit.DONE


async def log_out(options: Options, output: Output, *, everywhere: bool) -> Exit:
    logins = kept.read()
    if everywhere:
        ended = logins.logins
    else:
        server = place_of(options).server if options.server or not logins.last else logins.last
        known = logins.at(server)
        ended = (known,) if known else ()
    for login in ended:
        await _revoke(login, output)
        _forget(login.server)
    said = [f"logged out of {one.server}; its last token counts until {one.expires_at:%H:%M:%S} UTC" for one in ended]
    output.result(LoggedOut(tuple(one.server for one in ended)), "\n".join(said) or "nobody was logged in")
    return Exit.DONE


def _forget(server: str) -> None:
    kept.change(lambda logins: logins.without(server))


def _login(server: str, issuer: str, client_id: str, granted: Granted) -> Login:
    token = held(granted, SystemClock().now())
    return Login(
        server=server,
        issuer=issuer,
        client_id=client_id,
        token=token.token,
        renew_at=token.renew_at,
        expires_at=token.expires_at,
        refresh_token=granted.refresh_token,
    )


async def _who(login: Login, output: Output) -> WhoAmI:
    """As the server sees it: whoever gave the token is somebody else than who takes it."""
    lines = Lines(login.server)
    try:
        return await Client(lines, Place(login.server), output, Access(Held(login.token))).get("/whoami", WhoAmI)
    finally:
        lines.close()


def _check_tenant(who: WhoAmI, tenant: str) -> None:
    if tenant and tenant != who.tenant:
        raise Stop(Exit.NOT_ALLOWED, f"{who.subject} belongs to the tenant {who.tenant}, not to {tenant}")


async def _revoke(login: Login, output: Output) -> None:
    if not login.refresh_token:
        return
    try:
        await Issuer(login.issuer).revoke(login.client_id, login.refresh_token)
    except Stop as stop:
        output.note(
            f"warning: {login.server} was not told, where the login goes on for a while: {stop.message}", "yellow"
        )


def _tell(output: Output, login: Login, who: WhoAmI) -> None:
    renews = bool(login.refresh_token)
    done = LoggedIn(login.server, login.client_id, who.tenant, who.roles, renews, login.expires_at)
    roles = ", ".join(who.roles) or "no role"
    output.result(done, f"logged in to {login.server} as {login.client_id} (tenant {who.tenant}; {roles})")
    if running(state_dir()):
        here = "fairlead up runs in this folder, so commands here go as it does"
        output.note(f"{here}; to go as this login, add --server {login.server}")
    if not renews:
        output.note(f"this lasts until {login.expires_at:%Y-%m-%d %H:%M:%S} UTC; then: {command('login')}")
