"""Each service as a process of the simulation: production code over its distant ports."""

import asyncio

from libs.auth.callbacks import CallbackTokens
from libs.durable.commit import Shell
from libs.durable.contents import Contents
from libs.durable.service import serve
from libs.egress.client import client
from libs.plan.model import Definitions
from libs.rollout.machine import MACHINE as ROLLOUT
from libs.webhook.machine import MACHINE as WEBHOOK
from services.evaluator.measuring.reach import Reach
from services.evaluator.service import listening as evaluator_of
from services.executor.clusters import Clusters
from services.executor.handlers import Executor
from services.executor.papers import Papers
from services.executor.service import listening as executor_of
from services.executor.steering import Tools
from services.planner.service import listening as planner_of
from services.webhooks.calling.caller import Caller
from services.webhooks.calling.direct import Direct
from services.webhooks.calling.preparing import Preparer
from services.webhooks.handlers import Webhooks
from services.webhooks.service import listening as webhooks_of
from services.webhooks.steering import Tools as WebhookTools
from tests.integration.transcripts.services import NO_SECRETS, PUBLIC
from tests.simulation.ports.process import Process
from tests.simulation.world.world import World, sharing


async def planner(world: World, process: Process) -> None:
    ports = world.ports(process)
    await serve(planner_of(ports), ports, sharing(process))


async def executor(world: World, process: Process) -> None:
    ports, random = world.ports(process), world.random("executor")
    shell = Shell(ROLLOUT, ports.store, ports.clock)
    async with world.linked(process) as link, asyncio.TaskGroup() as group:
        clusters = Clusters(link, ports.bus, ports.clock, random)
        tools = Tools(shell, Papers(ports.store), clusters, ports.clock, process.name)
        leading = Executor(tools, ports.store, ports.bus)
        process.steers = lambda: [steering.key for steering in leading.steerings.present]
        group.create_task(clusters.run())
        group.create_task(leading.run())
        await serve(executor_of(leading, shell), ports, sharing(process))


async def webhooks(world: World, process: Process) -> None:
    ports = world.ports(process)
    async with client(()) as outside, world.linked(process) as link, asyncio.TaskGroup() as group:
        runs = Shell(WEBHOOK, ports.store, ports.clock)
        tools = WebhookTools(
            runs=runs,
            preparer=Preparer(Contents(ports.store, Definitions), NO_SECRETS, CallbackTokens(b"k" * 32), PUBLIC),
            caller=Caller(ports.clock, 30, 4),
            direct=Direct(outside),
            link=link,
            process=process.name,
        )
        service = Webhooks(tools, ports.store, ports.bus)
        group.create_task(service.run())
        await serve(webhooks_of(service, runs), ports, sharing(process))


async def evaluator(world: World, process: Process) -> None:
    ports = world.ports(process)
    async with client(()) as straight, world.linked(process) as link:
        reach = Reach(straight, link, 30, 4)
        await serve(evaluator_of(ports, NO_SECRETS, reach), ports, sharing(process))
