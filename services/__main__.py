"""All services in one process: the composition root, alone allowed to know several of them."""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from functools import partial
from typing import Annotated, Any

from aiohttp import web
from msgspec import Meta, Struct

from libs.auth.http import guard, require_declared
from libs.runtime import http
from libs.runtime.process import Process, run
from libs.runtime.settings import ProcessSettings, load
from libs.store.opened import Ground, opened
from services.bootstrap import bootstrap
from services.evaluator import service as evaluator
from services.evaluator.settings import Settings as EvaluatorSettings
from services.executor import service as executor
from services.executor.settings import Settings as ExecutorSettings
from services.gateway import service as gateway
from services.gateway.settings import Settings as GatewaySettings
from services.identity import http as identity_http
from services.identity import service as identity
from services.identity.settings import Settings as IdentitySettings
from services.intake import http as intake_http
from services.intake import service as intake
from services.intake.settings import IntakeSettings
from services.notifier import service as notifier
from services.notifier.settings import Settings as NotifierSettings
from services.planner import service as planner
from services.planner.settings import Settings as PlannerSettings
from services.webhooks import service as webhooks
from services.webhooks.settings import Settings as WebhooksSettings


class Settings(Struct, frozen=True):
    """Every service's settings; what they share is read once."""

    process: ProcessSettings = ProcessSettings()
    evaluator: EvaluatorSettings = EvaluatorSettings()
    executor: ExecutorSettings = ExecutorSettings()
    gateway: GatewaySettings = GatewaySettings()
    identity: IdentitySettings = IdentitySettings()
    intake: IntakeSettings = IntakeSettings()
    notifier: NotifierSettings = NotifierSettings()
    planner: PlannerSettings = PlannerSettings()
    webhooks: WebhooksSettings = WebhooksSettings()
    bootstrap_agents: Annotated[
        tuple[str, ...], Meta(description="agents that a first start registers, their secrets in bootstrap.json")
    ] = ()


async def start(settings: Settings, process: Process) -> None:
    app = http.application(process, settings.intake.intake_body_bytes)
    async with AsyncExitStack() as stack:
        ground = await stack.enter_async_context(opened(process))
        clients = await stack.enter_async_context(
            identity.opened(settings.identity, process, ground.store, ground.seal)
        )
        door = await stack.enter_async_context(intake.opened(settings.intake, process, ground.store, ground.bus))
        await bootstrap(process, ground.store, settings.bootstrap_agents, settings.gateway.gateway_address)
        _add_routes(app, clients, door)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        for serving in _services(settings, process, ground, (clients, door)):
            group.create_task(serving)
        await stack.enter_async_context(http.serve(app, settings.process.http_address))
        await asyncio.Event().wait()


def _add_routes(app: web.Application, clients: identity.Service, door: intake.Service) -> None:
    """One port serves the whole HTTP of the installation."""
    app.middlewares.append(guard(clients.verifier, door.intake.configuration.grants))
    app.add_routes(identity_http.routes(clients.identity, clients.terms))
    app.add_routes(intake_http.routes(door.intake))
    require_declared(app)


def _services(
    settings: Settings, process: Process, ground: Ground, opened: tuple[identity.Service, intake.Service]
) -> list[Any]:
    clients, door = opened
    ports = ground.ports
    return [
        evaluator.serve(settings.evaluator, ports, process),
        executor.serve(settings.executor, ports, process.member, process.random),
        gateway.serve(settings.gateway, process, ground.bus, ground.store, clients.verifier),
        identity.serve(clients),
        intake.serve(door),
        notifier.serve(settings.notifier, ports, process, _public_url(process)),
        planner.serve(settings.planner, ports, process.member),
        webhooks.serve(settings.webhooks, ports, process, _public_url(process)),
    ]


def _public_url(process: Process) -> str:
    """One port serves all of it, so its address will do where no other is named."""
    return process.settings.public_url or f"http://{process.settings.http_address}"


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "services")


if __name__ == "__main__":
    main()
