"""The HTTP API's addresses: what each is for, who may use it, who answers."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from aiohttp import web
from msgspec import Struct

from libs.api.config import ApplyConfig, ConfigApplied, ConfigView
from libs.api.request import Again, Callback, Decision, NewAgent, StartRequest
from libs.api.view import (
    Accepted,
    AgentCreated,
    AgentDeleted,
    AgentList,
    Decided,
    DeploymentList,
    DeploymentView,
    Validated,
    WhoAmI,
)
from libs.auth.http import is_open, needs
from libs.auth.permissions import Action
from libs.durable.ports import Unavailable, Unknown, WentBack
from libs.runtime.http import answer
from libs.runtime.problem import Problem
from libs.spec.editor import json_schema
from services.intake.agents import Agents
from services.intake.handlers import Intake
from services.intake.openapi import Described, document
from services.intake.original import addresses

PREFIX = "/api/v1"
_ONE = "/deployments/{deployment}"
_READ = Action.DEPLOYMENT_READ
_MEMBER = Action.TENANT_MEMBER

Handler = Callable[[Intake, web.Request], Awaitable[web.StreamResponse]]


class Route(Struct, frozen=True):
    about: Described
    handler: Handler


def _route(method: str, path: str, action: Action, handler: Handler, **about: Any) -> Route:
    return Route(Described(method=method, path=PREFIX + path, action=action, **about), handler)


def _decision(verb: str, action: Action, handler: Handler, summary: str) -> Route:
    return _route("POST", f"{_ONE}/{verb}", action, handler, summary=summary, takes=Decision, gives=Decided)


def _again(verb: str, handler: Handler, summary: str) -> Route:
    path, action = f"{_ONE}/{verb}", Action.DEPLOYMENT_START
    return _route("POST", path, action, handler, summary=summary, takes=Again, gives=Accepted, status=202)


def _agents(handler: Callable[[Agents, web.Request], Awaitable[web.StreamResponse]]) -> Handler:
    @wraps(handler)
    async def answered(intake: Intake, request: web.Request) -> web.StreamResponse:
        return await handler(intake.agents, request)

    return answered


ROUTES = (
    _route(
        "POST",
        "/deployments",
        Action.DEPLOYMENT_START,
        Intake.start,
        summary="Deploy what a file says",
        takes=StartRequest,
        gives=Accepted,
        status=202,
    ),
    _again("redeploy", Intake.redeploy, "Deploy the same file once more"),
    _again("undo", Intake.undo, "Deploy the success before this deployment once more"),
    _route(
        "POST",
        "/validate",
        Action.DEPLOYMENT_START,
        Intake.validate,
        summary="Check a file without deploying it",
        takes=StartRequest,
        gives=Validated,
    ),
    _route("GET", "/deployments", _READ, Intake.list_, summary="List deployments, newest first", gives=DeploymentList),
    # Whom a deployment asks, and who may approve, depends on what waits: that is decided once it is known.
    _route("GET", _ONE, _MEMBER, Intake.show, summary="Show a deployment", gives=DeploymentView),
    _route("GET", f"{_ONE}/events", _MEMBER, Intake.events, summary="Follow a deployment"),
    _decision("approve", _MEMBER, Intake.approve, "Let go on what waits for a person"),
    _decision("reject", _MEMBER, Intake.reject, "Refuse what waits for a person"),
    _decision("abort", Action.DEPLOYMENT_STEER, Intake.abort, "End a deployment and return its targets"),
    _decision("pause", Action.DEPLOYMENT_STEER, Intake.pause, "Hold a target where it is"),
    _decision("resume", Action.DEPLOYMENT_STEER, Intake.resume, "Let a target that is held go on"),
    _decision("advance", Action.DEPLOYMENT_STEER, Intake.advance, "Go on without what is waited for"),
    _decision("rollback", Action.DEPLOYMENT_STEER, Intake.roll_back, "Return one target"),
    _decision("abandon", Action.DEPLOYMENT_ABANDON, Intake.abandon, "Give up a target that cannot be returned"),
    _route(
        "POST",
        "/callbacks/{token}/callback",
        Action.WEBHOOK_ANSWER,
        Intake.call_back,
        summary="Say how a called webhook went",
        takes=Callback,
        gives=Decided,
        lenient=True,
    ),
    _route("GET", "/agents", Action.AGENT_READ, _agents(Agents.list_), summary="List agents", gives=AgentList),
    _route(
        "POST",
        "/agents",
        Action.AGENT_MANAGE,
        _agents(Agents.create),
        summary="Register an agent",
        takes=NewAgent,
        gives=AgentCreated,
        status=201,
    ),
    _route(
        "DELETE",
        "/agents/{agent}",
        Action.AGENT_MANAGE,
        _agents(Agents.delete),
        summary="Take an agent's registration and credential away",
        gives=AgentDeleted,
    ),
    _route("GET", "/config", Action.CONFIG_READ, Intake.config, summary="Show the configuration", gives=ConfigView),
    _route(
        "PUT",
        "/config",
        Action.CONFIG_WRITE,
        Intake.apply_config,
        summary="Make the configuration what a file says",
        takes=ApplyConfig,
        gives=ConfigApplied,
    ),
    _route("GET", "/whoami", _MEMBER, Intake.who_am_i, summary="Who is asking", gives=WhoAmI),
)


ORIGINAL = (
    ("POST", "/pipelines/kubernetes", Action.DEPLOYMENT_START, addresses.start),
    ("POST", "/pipelines", Action.DEPLOYMENT_START, addresses.start),
    ("GET", "/pipelines/{deployment}", _READ, addresses.show),
    ("POST", "/v1/graphql", _READ, addresses.ask),
)
"""What the original's command line calls, under the original's own addresses."""


def routes(intake: Intake, version: str = "0") -> list[web.RouteDef]:
    described = document(tuple(route.about for route in ROUTES), version)

    async def openapi(_: web.Request) -> web.Response:
        return answer(described)

    async def schema(_: web.Request) -> web.Response:
        return answer(json_schema())

    ours = ((one.about.method, one.about.path, one.about.action, one.handler) for one in ROUTES)
    return [
        web.get(f"{PREFIX}/openapi.json", is_open(openapi)),
        web.get(f"{PREFIX}/schema/deployment.json", is_open(schema)),
        *(
            web.route(method, path, needs(action, _bound(intake, _permitted(method, action, handler))))
            for method, path, action, handler in (*ours, *ORIGINAL)
        ),
    ]


def _permitted(method: str, action: Action, handler: Handler) -> Handler:
    """In safe mode only what reads is answered: what is found in a store that went back would be a wrong reason."""
    if method == "GET" or action is _READ:
        return handler

    @wraps(handler)
    async def answered(intake: Intake, request: web.Request) -> web.StreamResponse:
        if intake.safe_mode:
            raise WentBack(intake.safe_mode)
        return await handler(intake, request)

    return answered


def _bound(intake: Intake, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    @wraps(handler)
    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(intake, request)
        except WentBack as error:
            raise Problem(503, str(error), "storage_went_back") from error
        except Unavailable as error:
            detail = "the store cannot be reached; nothing was accepted"
            raise Problem(503, detail, "storage_unavailable", headers={"Retry-After": "2"}) from error
        except Unknown as error:
            detail = "the store gave no verdict in time; send the same request again"
            raise Problem(503, detail, "outcome_unknown", headers={"Retry-After": "2"}) from error

    return answered
