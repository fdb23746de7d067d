"""What the executor listens to."""

import asyncio
from random import Random

from libs.durable.commit import Shell
from libs.durable.dispatch import of_its_own
from libs.durable.partitions import Ports, Sharing
from libs.durable.service import Service
from libs.durable.service import serve as serve_durably
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
        await serve_durably(listening(executor, rollouts), ports, sharing)


def listening(executor: Executor, rollouts: Shell[Rollout]) -> Service:
    steerings = executor.steerings
    return Service(
        "executor",
        handlers={
            StartRollout: steerings.tell,
            ApproveStep: steerings.tell,
            RejectStep: steerings.tell,
            AdvanceStep: steerings.tell,
            PauseRollout: steerings.tell,
            ResumeRollout: steerings.tell,
            RollBack: steerings.tell,
            FinishRollout: steerings.tell,
            AbandonRollout: steerings.tell,
            WebhookSucceeded: steerings.tell,
            WebhookFailed: steerings.tell,
            AnalysisPassed: steerings.tell,
            AnalysisFailed: steerings.tell,
        },
        shells=(rollouts,),
        due={MACHINE.noun: steerings.wake},
        lane=of_its_own,
        on_acquired=steerings.take_over,
        on_released=steerings.let_go,
    )
