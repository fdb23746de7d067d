"""What has to happen in some schedule of many: a promise that nothing puts to the test is kept by anybody."""

from collections import Counter

from tests.simulation.ports.chance import RATES

SOMETIMES = (
    *RATES,
    "agent busy",
    "answer cut half way",
    "answer in several frames",
    "deployment cancelled",
    "deployment failed",
    "deployment queued",
    "deployment succeeded",
    "half-open stream noticed by the agent",
    "half-open stream noticed by the gateway",
    "log message_waits",
    "log partition_interrupted",
    "log partitions_wait",
    "log rollout_superseded",
    "log steering_left_to_another_process",
    "log steering_waits_for_the_bus",
    "refused deployment_in_progress",
    "refused nothing_awaits",
    "rollout claimed by a second process",
    "rollout rolled-back",
    "stream taken over by another gateway",
    "watch ended with its stream",
    "write refused by the cluster",
)
"""Faults by their kind, lines of the log, refusals by their code, and what the witness counts."""


def missing(happened: Counter[str]) -> tuple[str, ...]:
    return tuple(name for name in SOMETIMES if not happened[name])
