"""What rollouts say and are told, in short: for the tests of one target, `prod`."""

from typing import Any

from libs.gates.state import timer_name
from libs.messages.gate import GatePassed, GateStarted
from libs.messages.message import Arm
from libs.messages.rollout import (
    RolloutHindered,
    RolloutLanded,
    Settled,
    StepEnded,
    StepStarted,
    Surveyed,
    Workload,
)
from libs.messages.run import Place
from libs.plan.model import (
    Gate,
    Step,
)
from libs.rollout.walking import CHECK_SECONDS

CHECK = Arm("check", CHECK_SECONDS)
LANDED = RolloutLanded(target="prod", replica_sets=("web-new",))


def started(step: int, what: Step) -> StepStarted:
    return StepStarted(target="prod", step=step, what=what)


def ended(step: int) -> StepEnded:
    return StepEnded(target="prod", step=step)


def at(step: int, gate: int = 0) -> Place:
    return Place("strategy", step, gate)


def timer(step: int, gate: int = 0) -> str:
    return timer_name("prod", at(step, gate))


def begun(step: int, gate: Gate) -> GateStarted:
    return GateStarted(target="prod", place=at(step), what=gate)


def passed(step: int, **how: Any) -> GatePassed:
    return GatePassed(target="prod", place=at(step), **how)


def hindered(reason: str) -> RolloutHindered:
    return RolloutHindered(target="prod", reason=reason)


def settled(goal: int = 1) -> Settled:
    return Settled(target="prod", goal=goal)


def survey(*workloads: Workload) -> Surveyed:
    return Surveyed(target="prod", goal=0, workloads=workloads, snapshot="sha256-of-snapshot")
