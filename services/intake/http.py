"""The HTTP API's addresses: what each is for, who may use it, who answers."""

from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web
from msgspec import Struct

from libs.auth.http import needs
from libs.auth.permissions import Action
from libs.durable.ports import Unavailable, Unknown
from libs.runtime.problem import Problem
from services.intake.handlers import Intake

PREFIX = "/api/v1"
_ONE = "/deployments/{deployment}"

Handler = Callable[[Intake, web.Request], Awaitable[web.StreamResponse]]


class Route(Struct, frozen=True):
    method: str
    path: str
    action: Action
    handler: Handler


ROUTES = (
    Route("POST", "/deployments", Action.DEPLOYMENT_START, Intake.start),
    Route("GET", "/deployments", Action.DEPLOYMENT_READ, Intake.list_),
    Route("GET", _ONE, Action.DEPLOYMENT_READ, Intake.show),
    Route("GET", f"{_ONE}/events", Action.DEPLOYMENT_READ, Intake.events),
    # Who may approve depends on what waits: that is decided once it is known.
    Route("POST", f"{_ONE}/approve", Action.DEPLOYMENT_READ, Intake.approve),
    Route("POST", f"{_ONE}/reject", Action.DEPLOYMENT_READ, Intake.reject),
    Route("POST", f"{_ONE}/abort", Action.DEPLOYMENT_STEER, Intake.abort),
    Route("POST", f"{_ONE}/rollback", Action.DEPLOYMENT_STEER, Intake.roll_back),
    Route("POST", f"{_ONE}/abandon", Action.DEPLOYMENT_ABANDON, Intake.abandon),
    Route("GET", "/agents", Action.AGENT_READ, Intake.agents),
    Route("POST", "/agents", Action.AGENT_MANAGE, Intake.create_agent),
    Route("GET", "/whoami", Action.DEPLOYMENT_READ, Intake.who_am_i),
)


def routes(intake: Intake) -> list[web.RouteDef]:
    return [
        web.route(route.method, PREFIX + route.path, needs(route.action, _bound(intake, route.handler)))
        for route in ROUTES
    ]


def _bound(intake: Intake, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    @wraps(handler)
    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(intake, request)
        except Unavailable as error:
            detail = "the store cannot be reached; nothing was accepted"
            raise Problem(503, detail, "storage_unavailable", headers={"Retry-After": "2"}) from error
        except Unknown as error:
            detail = "the store gave no verdict in time; send the same request again"
            raise Problem(503, detail, "outcome_unknown", headers={"Retry-After": "2"}) from error

    return answered
