"""What the planner listens to."""

from libs.deployment.machine import MACHINE
from libs.durable.commit import Shell
from libs.durable.partitions import Ports, Sharing
from libs.durable.service import Service
from libs.durable.service import serve as serve_durably
from libs.messages.analysis import AnalysisFailed, AnalysisPassed
from libs.messages.deployment import (
    AbortDeployment,
    AdvanceGate,
    ApproveGate,
    QueueDeployment,
    RejectGate,
    StartDeployment,
)
from libs.messages.fault import DeadLettered
from libs.messages.rollout import (
    RolloutAbandoned,
    RolloutLanded,
    RolloutReturning,
    RolloutRolledBack,
    RolloutSucceeded,
)
from libs.messages.webhook import WebhookFailed, WebhookSucceeded
from services.planner.handlers import Planner
from services.planner.settings import Settings


async def serve(settings: Settings, ports: Ports, member: str) -> None:
    """Lead deployments until cancelled; `member` is a name that no other process has."""
    await serve_durably(listening(ports), ports, Sharing(member, ttl_seconds=settings.planner_lease_seconds))


def listening(ports: Ports) -> Service:
    deployments = Shell(MACHINE, ports.store, ports.clock)
    planner = Planner(deployments, ports.store, ports.clock)
    return Service(
        "planner",
        handlers={
            StartDeployment: planner.start,
            QueueDeployment: planner.tell,
            ApproveGate: planner.tell,
            RejectGate: planner.tell,
            AdvanceGate: planner.tell,
            AbortDeployment: planner.tell,
            RolloutLanded: planner.tell,
            RolloutReturning: planner.tell,
            RolloutRolledBack: planner.tell,
            RolloutSucceeded: planner.tell,
            RolloutAbandoned: planner.tell,
            WebhookSucceeded: planner.tell,
            WebhookFailed: planner.tell,
            AnalysisPassed: planner.tell,
            AnalysisFailed: planner.tell,
            DeadLettered: planner.tell,
        },
        shells=(deployments,),
        due={MACHINE.noun: planner.wake},
    )
