"""How HTTP requests are authenticated: every route declares what it asks of the caller, or the server does not start.

    app = application(process)
    app.middlewares.append(guard(verifier, configuration.grants))
    app.add_routes([web.post("/api/v1/things", needs(Action.CONFIG_WRITE, create))])
    require_declared(app)

The handler finds the caller with `caller(request)`. A custom role counts through `grants`.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from aiohttp import hdrs, web

from libs.auth.keys import IssuerUnavailable
from libs.auth.permissions import Action, Decision, Grants, allowed, has_custom_role
from libs.auth.principal import Principal
from libs.auth.tokens import EXPIRED, InvalidToken, Verifier, bearer, has_run_out
from libs.durable.ports import Unavailable, Unknown
from libs.runtime.problem import Problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PRINCIPAL = web.RequestKey("principal", Principal)
_GRANTS: web.RequestKey[Grants] = web.RequestKey("grants", Mapping)
_OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


def needs(action: Action, handler: Handler) -> Handler:
    """Only callers who may take `action` in their own tenant reach the handler."""
    return _declare(action, handler)


def is_open(handler: Handler) -> Handler:
    """Anybody reaches the handler, without a token."""
    return _declare(None, handler)


GrantsOf = Callable[[str], Awaitable[Grants]]
"""What a tenant's custom roles stand for."""


def guard(verifier: Verifier, grants: GrantsOf) -> Any:
    """The middleware that asks for what each route declared; `grants` gives a tenant's custom roles."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_declared(request.match_info.route):
            raise AssertionError("this route declares neither `needs` nor `is_open`")
        if (action := _declared(request.match_info.route)) is not None:
            principal = await authenticated(request, verifier)
            custom = await _custom(principal, grants)
            require(allowed(principal, action, principal.tenant, custom))
            request[_PRINCIPAL], request[_GRANTS] = principal, custom
        return await handler(request)

    return guarded


async def _custom(principal: Principal, grants: GrantsOf) -> Grants:
    """Asked only for those it can make a difference to: an administrator comes in whatever is broken."""
    if not has_custom_role(principal):
        return {}
    try:
        return await grants(principal.tenant)
    except (Unavailable, Unknown) as error:
        detail = "what your roles allow cannot be read just now: try again"
        raise Problem(503, detail, headers={"Retry-After": "2"}) from error


def caller(request: web.Request) -> Principal:
    """Who makes this request. Only where the route declared an action."""
    return request[_PRINCIPAL]


def caller_grants(request: web.Request) -> Grants:
    """What the caller's custom roles stand for, as it was when he was let in."""
    return request[_GRANTS]


def require(decision: Decision) -> None:
    """Go on only where it is allowed. Another tenant's things do not exist."""
    if decision.is_allowed:
        return
    if decision.is_hidden:
        raise Problem(404, "there is no such thing")
    raise Problem(403, decision.reason)


async def authenticated(request: web.Request, verifier: Verifier) -> Principal:
    """Whom the request's token speaks for, or a problem that says what to do."""
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    if len(given) > 1:
        raise Problem(400, "expected one Authorization header")
    try:
        return await verifier.principal(bearer(given[0] if given else ""))
    except InvalidToken as error:
        raise _unauthorized(str(error)) from error
    except IssuerUnavailable as error:
        raise Problem(503, str(error), headers={"Retry-After": "5"}) from error


def require_current(principal: Principal, now: datetime) -> None:
    """Go on only while the token counts. A process may be stopped between the look at it and what it allows."""
    if has_run_out(principal.expires_at.timestamp(), now.timestamp()):
        raise _unauthorized(EXPIRED)


def require_declared(app: web.Application) -> None:
    """Refuse to start with a route that says nothing about who may use it."""
    silent = [str(route) for route in app.router.routes() if not _is_declared(route)]
    if silent:
        raise AssertionError(f"these routes declare neither `needs` nor `is_open`: {', '.join(silent)}")


def _unauthorized(detail: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _declare(action: Action | None, handler: Handler) -> Handler:
    # A function of its own: a bound method carries no attributes.
    @wraps(handler)
    async def declared(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    declared.fairlead_action = action  # type: ignore[attr-defined]
    return declared


def _declared(route: web.AbstractRoute) -> Action | None:
    action: Action | None = getattr(route.handler, "fairlead_action", None)
    return action


def _is_declared(route: web.AbstractRoute) -> bool:
    if route.resource is None:
        return True  # nothing is there: aiohttp's own answer
    return route.resource.canonical in _OPEN_PATHS or hasattr(route.handler, "fairlead_action")
