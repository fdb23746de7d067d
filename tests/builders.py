"""Plans, rollouts and deployments with readable defaults; whatever a test is about, it says by keyword."""

from typing import Any

from msgspec.structs import replace

from libs.deployment.state import Deployment, Target, TargetPhase
from libs.deployment.state import Phase as DeploymentPhase
from libs.gates.state import Outcome, Passage
from libs.messages.rollout import StartRollout, Version, Workload
from libs.messages.run import Subject
from libs.messages.subject import Key
from libs.plan.model import (
    Analysis,
    ApplyManifests,
    Approval,
    Gate,
    Pause,
    Plan,
    RunWebhook,
    SetWeight,
    TargetPlan,
)
from libs.rollout.state import Phase as RolloutPhase
from libs.rollout.state import Rollout

STEPS = (ApplyManifests(), SetWeight(weight=25), Pause(approval=Approval()), SetWeight(weight=100))


def a_key(**changes: Any) -> Key:
    return replace(Key(tenant="acme", partition=3, deployment="d1"), **changes)


def a_timed_pause(seconds: int = 60) -> Pause:
    return Pause(seconds=seconds)


def an_approval(*roles: str, expires_seconds: int | None = None) -> Pause:
    """A pause that waits for a person."""
    return Pause(approval=Approval(roles=roles, expires_seconds=expires_seconds))


def a_target_plan(name: str = "prod", **changes: Any) -> TargetPlan:
    plan = TargetPlan(
        name=name,
        agent="prod-eu",
        namespace="shop",
        depends_on=(),
        before=(),
        steps=STEPS,
        after=(),
        manifests="sha256-of-objects",
        timeout_seconds=1800,
    )
    return replace(plan, **changes)


def a_plan(*targets: TargetPlan, **changes: Any) -> Plan:
    return replace(Plan(application="shop", targets=targets or (a_target_plan(),)), **changes)


def a_target(name: str = "prod", phase: TargetPhase = TargetPhase.WAITING, **changes: Any) -> Target:
    """A target of a deployment; what belongs to its plan is told apart from what belongs to its progress."""
    planned = {field: changes.pop(field) for field in TargetPlan.__struct_fields__ if field in changes}
    landed = phase in {TargetPhase.AFTER, TargetPhase.LANDED}
    return replace(Target(plan=a_target_plan(name, **planned), phase=phase, landed=landed), **changes)


def a_deployment(*targets: Target, **changes: Any) -> Deployment:
    """A running one, unless `phase` says otherwise."""
    running = Deployment(
        phase=DeploymentPhase.RUNNING,
        application="shop",
        submission="sha256-of-submission",
        by="ann",
        targets=targets or (a_target(phase=TargetPhase.DEPLOYING),),
    )
    return replace(running, **changes)


def a_workload(*, first: bool = False, **changes: Any) -> Workload:
    """A Deployment with a stable version to go back to, unless it is the `first` of its name."""
    stable = Version(replica_set="web-old", uid="uid-old", replicas=4)
    workload = Workload(
        name="web",
        namespace="shop",
        replicas=4,
        max_surge=1,
        max_unavailable=0,
        replica_set="web-new",
        previous=() if first else (stable,),
    )
    return replace(workload, **changes)


def a_rollout(phase: RolloutPhase = RolloutPhase.PROGRESSING, **changes: Any) -> Rollout:
    """A surveyed one at its first step, unless `phase` and `step` say otherwise."""
    surveyed = phase not in {RolloutPhase.ABSENT, RolloutPhase.SURVEYING}
    rollout = Rollout(
        phase=phase,
        target="prod",
        application="shop",
        agent="prod-eu",
        namespace="shop",
        manifests="sha256-of-objects",
        steps=STEPS,
        timeout_seconds=1800,
        goal=1 if surveyed else 0,
        workloads=(a_workload(),) if surveyed else (),
        snapshot="sha256-of-snapshot" if surveyed else "",
    )
    return replace(rollout, **changes) if phase is not RolloutPhase.ABSENT else Rollout()


def a_start(**changes: Any) -> StartRollout:
    """The order that `a_rollout` follows from."""
    start = StartRollout(
        target="prod",
        application="shop",
        agent="prod-eu",
        namespace="shop",
        manifests="sha256-of-objects",
        steps=STEPS,
        timeout_seconds=1800,
    )
    return replace(start, **changes)


def a_webhook(name: str = "smoke", **context: str) -> RunWebhook:
    return RunWebhook(name=name, context=context)


def an_analysis(*, failed: bool = False, passed: bool = False) -> Analysis:
    """`failed`, `passed`: whether a person decides what such a judgment means."""
    return Analysis(queries=("errors",), interval_seconds=60, runs=3, asks_when_failed=failed, asks_when_passed=passed)


def a_passage(*gates: Gate, outcomes: tuple[Outcome, ...] = (), **changes: Any) -> Passage:
    """The gates before `prod`, unless `stage` and `step` say otherwise."""
    subject = Subject(application="shop", target="prod", agent="prod-eu", namespace="shop")
    passage = Passage("before", None, gates, outcomes, subject, "sha256-of-definitions")
    return replace(passage, **changes)
