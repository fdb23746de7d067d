"""What the executor listens to."""

import asyncio
from functools import partial
from random import Random

from libs.durable.commit import Shell
from libs.durable.partitions import Partitions, Ports, Sharing
from libs.durable.service import Service, serve_partition
from libs.link.bus import bus_link
from libs.messages.analysis import AnalysisFailed, AnalysisPassed
from libs.messages.rollout import (
    AbandonRollout,
    AdvanceStep,
    ApproveStep,
    FinishRollout,
    PauseRollout,
    RejectStep,
    ResumeRollout,
    RollBack,
    StartRollout,
)
from libs.messages.subject import Key
from libs.messages.webhook import WebhookFailed, WebhookSucceeded
from libs.rollout.machine import MACHINE
from libs.rollout.state import Rollout
from services.executor.clusters import Clusters
from services.executor.handlers import Executor
from services.executor.papers import Papers
from services.executor.settings import Settings
from services.executor.steering import Tools


async def serve(settings: Settings, ports: Ports, member: str, random: Random) -> None:
    """Walk rollouts until cancelled; `member` is a name that no other process has."""
    async with bus_link(ports.bus, ports.clock) as link, asyncio.TaskGroup() as group:
        rollouts = Shell(MACHINE, ports.store, ports.clock)
        clusters = Clusters(link, ports.bus, ports.clock, random)
        tools = Tools(rollouts, Papers(ports.store), clusters, ports.clock, member)
        executor = Executor(tools, ports.store, ports.bus)
        group.create_task(clusters.run())
        group.create_task(executor.run())
        sharing = Sharing(member, ttl_seconds=settings.executor_lease_seconds)
        service = listening(executor, rollouts)
        await Partitions(service.name, sharing, ports).run(partial(hold, executor, service, ports))


async def hold(executor: Executor, service: Service, ports: Ports, partition: int) -> None:
    """Serve a partition while this process holds it; after that its rollouts are for others to steer."""
    try:
        await serve_partition(service, ports, partition)
    finally:
        await executor.let_go(partition)


def listening(executor: Executor, rollouts: Shell[Rollout]) -> Service:
    return Service(
        "executor",
        handlers={
            StartRollout: executor.tell,
            ApproveStep: executor.tell,
            RejectStep: executor.tell,
            AdvanceStep: executor.tell,
            PauseRollout: executor.tell,
            ResumeRollout: executor.tell,
            RollBack: executor.tell,
            FinishRollout: executor.tell,
            AbandonRollout: executor.tell,
            WebhookSucceeded: executor.tell,
            WebhookFailed: executor.tell,
            AnalysisPassed: executor.tell,
            AnalysisFailed: executor.tell,
        },
        shells=(rollouts,),
        due={MACHINE.noun: executor.wake},
        lane=_own,
        on_acquired=executor.take_over,
    )


def _own(key: Key) -> Key:
    """Targets of one deployment go in parallel."""
    return key
