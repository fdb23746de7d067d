"""The identity service's addresses: OAuth 2.0 tokens, discovery, keys, and the clients themselves."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from aiohttp import web
from msgspec import Struct

from libs.api.client import NewRoles
from libs.auth import assigned, clients
from libs.auth.clients import Client, ClientExists, NewClient, WrongClient
from libs.auth.http import caller, is_open, needs
from libs.auth.permissions import AGENT, Action
from libs.auth.principal import Kind
from libs.config.changes import grants_of
from libs.config.roles import unknown_role
from libs.config.store import read
from libs.durable.ports import Unavailable, Unknown
from libs.runtime import log
from libs.runtime.http import answer, body
from libs.runtime.problem import Problem
from libs.runtime.secret import Secret
from services.identity.check import Busy, TooManyFailures
from services.identity.handlers import Granted, Identity, SessionEnded, Terms, WrongCredentials
from services.identity.oauth import NO_STORE, OAuthError, credentials, form, invalid_client, refused

LASTING = "offline_access"
"""The scope that asks for a refresh token."""
_GRANT_SECONDS = 10.0


class ShownClient(Struct, frozen=True):
    """A client as people see it: never with its hash."""

    id: str
    name: str
    tenant: str
    kind: Kind
    roles: tuple[str, ...]
    created_at: datetime
    created_by: str


class AskedClient(Struct, frozen=True):
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
        web.post("/oauth/revoke", is_open(addresses.revoke)),
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
                "revocation_endpoint": f"{issuer.rstrip('/')}/oauth/revoke",
                "jwks_uri": f"{issuer.rstrip('/')}/.well-known/jwks.json",
                "scopes_supported": [LASTING],
                "grant_types_supported": ["client_credentials", "refresh_token"],
                "response_types_supported": [],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    async def jwks(self, _: web.Request) -> web.Response:
        return answer(self._identity.keys.jwks(), headers={"Cache-Control": "public, max-age=300"})

    async def token(self, request: web.Request) -> web.Response:
        try:
            return answer(await self._granted(request), headers=NO_STORE)
        except OAuthError as error:
            return refused(error)

    async def revoke(self, request: web.Request) -> web.Response:
        """RFC 7009. Who holds a refresh token may end it; an access token expires by itself."""
        try:
            given = await form(request)
            client_id, refresh = _refresh_of(given, "token")
            await _in_oauth_words(self._identity.log_out(client_id, refresh), request.remote or "")
        except OAuthError as error:
            return refused(error)
        return web.Response(headers=NO_STORE)

    async def _granted(self, request: web.Request) -> Granted:
        given, address = await form(request), request.remote or ""
        match given.get("grant_type"):
            case "client_credentials":
                client_id, secret = credentials(request, given)
                is_lasting = LASTING in given.get("scope", "").split()
                granting = self._identity.log_in if is_lasting else self._identity.grant
                with log.bound(client=client_id[:255]):
                    return await _in_oauth_words(granting(client_id, secret, address, self._terms), address)
            case "refresh_token":
                client_id, refresh = _refresh_of(given, "refresh_token")
                with log.bound(client=client_id[:255]):
                    return await _in_oauth_words(self._identity.renew(client_id, refresh, self._terms), address)
            case _:
                expected = "expected grant_type=client_credentials or refresh_token"
                raise OAuthError(400, "unsupported_grant_type", expected)

    async def list_clients(self, request: web.Request) -> web.Response:
        found = await clients.listed(self._identity.store, caller(request).tenant)
        return answer({"clients": [_shown(client) for client in found]})

    async def make_client(self, request: web.Request) -> web.Response:
        asked, who = await body(request, AskedClient), caller(request)
        roles = asked.roles or ((AGENT,) if asked.kind is Kind.AGENT else ())
        wanted = NewClient(who.tenant, asked.name, roles, asked.kind, who.subject)
        await self._require_roles(who.tenant, roles)
        try:
            made = await clients.create(self._identity.store, wanted, self._identity.clock, self._identity.randomness)
        except WrongClient as error:
            raise Problem(422, str(error), "invalid_client") from error
        except ClientExists as error:
            raise Problem(409, f"{error} exists already: delete it first, or choose another name") from error
        log.logger().info("client_created", client=made.client_id, by=who.subject)
        return answer(MadeClient(made.client_id, made.secret.reveal()), 201, NO_STORE)

    async def assign_roles(self, request: web.Request) -> web.Response:
        asked, who, client_id = await body(request, NewRoles), caller(request), request.match_info["id"]
        await self._require_roles(who.tenant, asked.roles)
        try:
            changed = await assigned.assign(self._identity.store, who.tenant, client_id, asked.roles)
        except WrongClient as error:
            raise Problem(422, str(error), "invalid_client") from error
        if changed is None:
            raise Problem(404, "there is no such client")
        log.logger().info("client_roles_changed", client=client_id, roles=changed.roles, by=who.subject)
        return answer(_shown(changed))

    async def _require_roles(self, tenant: str, roles: Sequence[str]) -> None:
        """A slip of the pen would only be found when something is refused."""
        configured = (await read(self._identity.store, tenant)).config
        if told := unknown_role(roles, grants_of(configured, tenant)):
            raise Problem(422, told, "invalid_client")

    async def delete_client(self, request: web.Request) -> web.Response:
        who, client_id = caller(request), request.match_info["id"]
        if not await clients.delete(self._identity.store, who.tenant, client_id):
            raise Problem(404, "there is no such client")
        log.logger().info("client_deleted", client=client_id, by=who.subject)
        return web.Response(status=204)


Given = TypeVar("Given")


async def _in_oauth_words(granting: Awaitable[Given], address: str) -> Given:
    try:
        async with asyncio.timeout(_GRANT_SECONDS):
            return await granting
    except WrongCredentials as error:
        log.logger().warning("token_refused", address=address)
        raise invalid_client("no client has this id and this secret") from error
    except SessionEnded as error:
        log.logger().warning("renewal_refused", address=address)
        raise OAuthError(400, "invalid_grant", "this login has ended: log in again") from error
    except TooManyFailures as error:
        headers = {"Retry-After": f"{error.seconds:.0f}"}
        raise OAuthError(429, "slow_down", str(error), headers) from error
    except (Busy, TimeoutError, Unavailable, Unknown) as error:
        detail = "tokens cannot be given just now: try again"
        raise OAuthError(503, "temporarily_unavailable", detail, {"Retry-After": "2"}) from error


def _refresh_of(given: Mapping[str, str], name: str) -> tuple[str, Secret]:
    if not given.get("client_id") or not given.get(name):
        raise OAuthError(400, "invalid_request", f"expected client_id and {name}")
    return given["client_id"], Secret(given[name])


def _shown(client: Client) -> ShownClient:
    return ShownClient(
        client.id, client.name, client.tenant, client.kind, client.roles, client.created_at, client.created_by
    )
