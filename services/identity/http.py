"""The identity service's addresses: OAuth 2.0 client credentials, discovery, keys, and the clients themselves."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, unquote_plus

from aiohttp import hdrs, web
from msgspec import Struct

from libs.api.client import NewRoles
from libs.auth import assigned, clients
from libs.auth.clients import Client, ClientExists, NewClient, WrongClient
from libs.auth.http import caller, is_open, needs
from libs.auth.permissions import AGENT, Action
from libs.auth.principal import Kind
from libs.durable.ports import Unavailable, Unknown
from libs.runtime import log
from libs.runtime.http import answer, body
from libs.runtime.problem import Problem
from services.identity.check import Busy, TooManyFailures
from services.identity.handlers import Granted, Identity, Terms, WrongCredentials

_FORM_BYTES = 16 * 1024
_FORM_FIELDS = 20
_GRANT_SECONDS = 10.0
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """An error as RFC 6749 spells it: clients of OAuth 2.0 know no problem documents."""

    def __init__(self, status: int, error: str, description: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.headers = {**_NO_STORE, **(headers or {})}


class ShownClient(Struct, frozen=True):
    """A client as people see it: never with its hash."""

    id: str
    name: str
    tenant: str
    kind: Kind
    roles: tuple[str, ...]
    created_at: datetime
    created_by: str


class AskedClient(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request for a new client."""

    name: str
    roles: tuple[str, ...] = ()
    kind: Kind = Kind.MACHINE


class MadeClient(Struct, frozen=True):
    client_id: str
    client_secret: str


def routes(identity: Identity, terms: Terms) -> list[web.RouteDef]:
    """What this service adds to the process's HTTP server."""
    addresses = _Addresses(identity, terms)
    return [
        web.get("/.well-known/openid-configuration", is_open(addresses.discovery)),
        web.get("/.well-known/jwks.json", is_open(addresses.jwks)),
        web.post("/oauth/token", is_open(addresses.token)),
        web.get("/api/v1/clients", needs(Action.CLIENT_MANAGE, addresses.list_clients)),
        web.post("/api/v1/clients", needs(Action.CLIENT_MANAGE, addresses.make_client)),
        web.put("/api/v1/clients/{id}/roles", needs(Action.CLIENT_MANAGE, addresses.assign_roles)),
        web.delete("/api/v1/clients/{id}", needs(Action.CLIENT_MANAGE, addresses.delete_client)),
    ]


class _Addresses:
    def __init__(self, identity: Identity, terms: Terms) -> None:
        self._identity = identity
        self._terms = terms

    async def discovery(self, _: web.Request) -> web.Response:
        issuer = self._terms.issuer
        return answer(
            {
                "issuer": issuer,
                "token_endpoint": f"{issuer.rstrip('/')}/oauth/token",
                "jwks_uri": f"{issuer.rstrip('/')}/.well-known/jwks.json",
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": [],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    async def jwks(self, _: web.Request) -> web.Response:
        return answer(self._identity.keys.jwks(), headers={"Cache-Control": "public, max-age=300"})

    async def token(self, request: web.Request) -> web.Response:
        try:
            return answer(await self._granted(request), headers=_NO_STORE)
        except OAuthError as error:
            document = {"error": error.error, "error_description": str(error)}
            return answer(document, error.status, error.headers)

    async def _granted(self, request: web.Request) -> Granted:
        form = await _form(request)
        if form.get("grant_type") != "client_credentials":
            raise OAuthError(400, "unsupported_grant_type", "expected grant_type=client_credentials")
        client_id, secret = _credentials(request, form)
        with log.bound(client=client_id[:255]):
            return await _in_oauth_words(self._identity, client_id, secret, request.remote or "", self._terms)

    async def list_clients(self, request: web.Request) -> web.Response:
        found = await clients.listed(self._identity.store, caller(request).tenant)
        return answer({"clients": [_shown(client) for client in found]})

    async def make_client(self, request: web.Request) -> web.Response:
        asked, who = await body(request, AskedClient), caller(request)
        roles = asked.roles or ((AGENT,) if asked.kind is Kind.AGENT else ())
        wanted = NewClient(who.tenant, asked.name, roles, asked.kind, who.subject)
        try:
            made = await clients.create(self._identity.store, wanted, self._identity.clock, self._identity.randomness)
        except WrongClient as error:
            raise Problem(422, str(error), "invalid_client") from error
        except ClientExists as error:
            raise Problem(409, f"{error} exists already: delete it first, or choose another name") from error
        log.logger().info("client_created", client=made.client_id, by=who.subject)
        return answer(MadeClient(made.client_id, made.secret.reveal()), 201, _NO_STORE)

    async def assign_roles(self, request: web.Request) -> web.Response:
        asked, who, client_id = await body(request, NewRoles), caller(request), request.match_info["id"]
        try:
            changed = await assigned.assign(self._identity.store, who.tenant, client_id, asked.roles)
        except WrongClient as error:
            raise Problem(422, str(error), "invalid_client") from error
        if changed is None:
            raise Problem(404, "there is no such client")
        log.logger().info("client_roles_changed", client=client_id, roles=changed.roles, by=who.subject)
        return answer(_shown(changed))

    async def delete_client(self, request: web.Request) -> web.Response:
        who, client_id = caller(request), request.match_info["id"]
        if not await clients.delete(self._identity.store, who.tenant, client_id):
            raise Problem(404, "there is no such client")
        log.logger().info("client_deleted", client=client_id, by=who.subject)
        return web.Response(status=204)


async def _in_oauth_words(identity: Identity, client_id: str, secret: str, address: str, terms: Terms) -> Granted:
    try:
        async with asyncio.timeout(_GRANT_SECONDS):
            return await identity.grant(client_id, secret, address, terms)
    except WrongCredentials as error:
        log.logger().warning("token_refused", address=address)
        raise _invalid_client("no client has this id and this secret") from error
    except TooManyFailures as error:
        headers = {"Retry-After": f"{error.seconds:.0f}"}
        raise OAuthError(429, "slow_down", str(error), headers) from error
    except (Busy, TimeoutError, Unavailable, Unknown) as error:
        detail = "tokens cannot be given just now: try again"
        raise OAuthError(503, "temporarily_unavailable", detail, {"Retry-After": "2"}) from error


async def _form(request: web.Request) -> dict[str, str]:
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


def _credentials(request: web.Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Id and secret, from the header or from the form, never from both."""
    header = request.headers.getall(hdrs.AUTHORIZATION, [])
    if header and ("client_secret" in form or len(header) > 1):
        raise OAuthError(400, "invalid_request", "expected one way to authenticate, got several")
    if header:
        return _basic(header[0])
    if not form.get("client_id") or not form.get("client_secret"):
        raise _invalid_client("expected client_id and client_secret")
    return form["client_id"], form["client_secret"]


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        colon = ""
    if scheme.lower() != "basic" or not colon:
        raise _invalid_client("expected Authorization: Basic with a client id and its secret")
    return unquote_plus(client_id), unquote_plus(secret)


def _invalid_client(description: str) -> OAuthError:
    return OAuthError(401, "invalid_client", description, {"WWW-Authenticate": 'Basic realm="fairlead"'})


def _shown(client: Client) -> ShownClient:
    return ShownClient(
        client.id, client.name, client.tenant, client.kind, client.roles, client.created_at, client.created_by
    )
