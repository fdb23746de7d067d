"""Every message in every phase of a deployment and its target: a pair that nobody thought of is a hole in the table."""

import pytest
from msgspec.structs import replace

from libs.deployment.machine import advance
from libs.deployment.state import Deployment, Phase, TargetPhase, target_named
from libs.messages.codec import MESSAGES
from libs.messages.deployment import (
    AbortDeployment,
    ApprovePause,
    DeploymentRefused,
    Planned,
    RejectPause,
    StartDeployment,
)
from libs.messages.fault import DeadLettered
from libs.messages.message import Message, Output, TimerFired
from libs.messages.rollout import (
    RolloutAbandoned,
    RolloutHindered,
    RolloutLanded,
    RolloutRefused,
    RolloutReturning,
    RolloutRolledBack,
    RolloutStarted,
    RolloutSucceeded,
    StepEnded,
    StepStarted,
)
from libs.messages.subject import token_hash
from libs.plan.model import ApplyManifests
from tests.builders import a_deployment, a_plan, a_target, a_timed_pause, an_approval
from tests.matrix import cells

# A cell names the phase that the deployment, else the target `prod`, moves to. `told`: the state stays, something is
# said or sent. `waits`: only a timer is armed again. `-`: nothing. `noted`: anything else that the state remembers.
MATRIX = """
                      | absent    planning  waiting     before      deploying   after       landed      returning
StartDeployment       | planning  -         -           -           -           -           -           -
Planned               | -         running   -           -           -           -           -           -
Planned-in-vain       | -         failed    -           -           -           -           -           -
ApprovePause-before   | refused   refused   refused     noted       refused     refused     refused     refused
ApprovePause-after    | refused   refused   refused     refused     refused     noted       refused     refused
ApprovePause-timed    | refused   refused   refused     refused     refused     refused     refused     refused
ApprovePause-nowhere  | refused   refused   refused     refused     refused     refused     refused     refused
RejectPause-before    | refused   refused   refused     cancelled   refused     refused     refused     refused
RejectPause-after     | refused   refused   refused     refused     refused     cancelled   refused     refused
AbortDeployment       | cancelled cancelled cancelled   cancelled   aborting    aborting    aborting    aborting
DeadLettered          | failed    failed    failed      failed      aborting    aborting    aborting    aborting
DeadLettered-odd      | failed    failed    failed      failed      aborting    aborting    aborting    aborting
TimerFired-check      | waits     waits     waits       waits       told        waits       waits       told
TimerFired-before-0   | -         -         -           cancelled   -           -           -           -
TimerFired-before-1   | -         -         -           noted       -           -           -           -
TimerFired-after-0    | -         -         -           -           -           cancelled   -           -
TimerFired-after-1    | -         -         -           -           -           noted       -           -
RolloutStarted        | -         -         -           -           -           -           -           -
StepStarted           | -         -         -           -           -           -           -           -
StepEnded             | -         -         -           -           -           -           -           -
RolloutHindered       | -         -         -           -           -           -           -           -
RolloutLanded         | -         -         -           -           after       -           -           -
RolloutLanded-nowhere | -         -         -           -           -           -           -           -
RolloutReturning      | -         -         returning   returning   returning   returning   returning   -
RolloutRolledBack     | -         -         rolled_back rolled_back rolled_back rolled_back rolled_back rolled_back
RolloutSucceeded      | -         -         -           -           -           noted       succeeded   -
RolloutAbandoned      | -         -         failed      failed      failed      failed      failed      failed
RolloutRefused        | -         -         -           -           -           -           -           -

                      | gone_back given_up  never     stopped
StartDeployment       | -         -         -         -
Planned               | -         -         -         -
Planned-in-vain       | -         -         -         -
ApprovePause-before   | refused   refused   refused   refused
ApprovePause-after    | refused   refused   refused   refused
ApprovePause-timed    | refused   refused   refused   refused
ApprovePause-nowhere  | refused   refused   refused   refused
RejectPause-before    | refused   refused   refused   refused
RejectPause-after     | refused   refused   refused   refused
AbortDeployment       | cancelled cancelled cancelled aborting
DeadLettered          | failed    failed    failed    aborting
DeadLettered-odd      | failed    failed    failed    aborting
TimerFired-check      | waits     waits     waits     waits
TimerFired-before-0   | -         -         -         -
TimerFired-before-1   | -         -         -         -
TimerFired-after-0    | -         -         -         -
TimerFired-after-1    | -         -         -         -
RolloutStarted        | -         -         -         -
StepStarted           | -         -         -         -
StepEnded             | -         -         -         -
RolloutHindered       | -         -         -         -
RolloutLanded         | -         -         -         -
RolloutLanded-nowhere | -         -         -         -
RolloutReturning      | -         -         -         returning
RolloutRolledBack     | -         -         -         rolled_back
RolloutSucceeded      | -         -         -         noted
RolloutAbandoned      | -         -         -         failed
RolloutRefused        | -         -         -         -

                      | finishing finished  aborting succeeded failed  cancelled
StartDeployment       | -         -         -        -         -       -
Planned               | -         -         -        -         -       -
Planned-in-vain       | -         -         -        -         -       -
ApprovePause-before   | refused   refused   refused  refused   refused refused
ApprovePause-after    | refused   refused   refused  refused   refused refused
ApprovePause-timed    | refused   refused   refused  refused   refused refused
ApprovePause-nowhere  | refused   refused   refused  refused   refused refused
RejectPause-before    | refused   refused   refused  refused   refused refused
RejectPause-after     | refused   refused   refused  refused   refused refused
AbortDeployment       | refused   cancelled refused  refused   refused refused
DeadLettered          | -         failed    -        -         -       -
DeadLettered-odd      | -         failed    -        -         -       -
TimerFired-check      | told      waits     told     -         -       -
TimerFired-before-0   | -         -         -        -         -       -
TimerFired-before-1   | -         -         -        -         -       -
TimerFired-after-0    | -         -         -        -         -       -
TimerFired-after-1    | -         -         -        -         -       -
RolloutStarted        | -         -         -        -         -       -
StepStarted           | -         -         -        -         -       -
StepEnded             | -         -         -        -         -       -
RolloutHindered       | -         -         -        -         -       -
RolloutLanded         | -         -         -        -         -       -
RolloutLanded-nowhere | -         -         -        -         -       -
RolloutReturning      | returning -         -        -         -       -
RolloutRolledBack     | failed    -         failed   -         -       -
RolloutSucceeded      | succeeded -         -        -         -       -
RolloutAbandoned      | failed    -         failed   -         -       -
RolloutRefused        | -         -         -        -         -       -
"""

PAUSES = (an_approval(expires_seconds=60), a_timed_pause())


def running(phase: TargetPhase, *, landed: bool = False) -> Deployment:
    """`prod` in this phase, while another target keeps the deployment from ending."""
    target = a_target("prod", phase, depends_on=("other",), before=PAUSES, after=PAUSES)
    other = a_target("other", TargetPhase.BEFORE, before=PAUSES)
    return a_deployment(replace(target, landed=landed), other)


def over(phase: Phase, target: TargetPhase, *, landed: bool = False) -> Deployment:
    """Nothing goes forward any more; `prod` is the only target."""
    return a_deployment(replace(a_target("prod", target), landed=landed), phase=phase)


SITUATIONS = {
    "absent": Deployment(),
    "planning": Deployment(phase=Phase.PLANNING, application="shop", submission="sha256-of-submission", by="ann"),
    "waiting": running(TargetPhase.WAITING),
    "before": running(TargetPhase.BEFORE),
    "deploying": running(TargetPhase.DEPLOYING),
    "after": running(TargetPhase.AFTER, landed=True),
    "landed": running(TargetPhase.LANDED, landed=True),
    "returning": running(TargetPhase.RETURNING),
    "gone_back": running(TargetPhase.ROLLED_BACK),
    "given_up": running(TargetPhase.FAILED),
    "never": running(TargetPhase.CANCELLED),
    "stopped": running(TargetPhase.CANCELLED, landed=True),
    "finishing": over(Phase.FINISHING, TargetPhase.LANDED, landed=True),
    "finished": running(TargetPhase.SUCCEEDED),
    "aborting": over(Phase.ABORTING, TargetPhase.RETURNING),
    "succeeded": over(Phase.SUCCEEDED, TargetPhase.SUCCEEDED),
    "failed": over(Phase.FAILED, TargetPhase.ROLLED_BACK),
    "cancelled": over(Phase.CANCELLED, TargetPhase.ROLLED_BACK),
}


def timer(stage: str, step: int) -> str:
    return f"{stage}-{step}-{token_hash('prod')}"


SAID: dict[str, Message] = {
    "StartDeployment": StartDeployment(application="shop", submission="sha256-of-submission", by="ann"),
    "Planned": Planned(plan=a_plan()),
    "Planned-in-vain": Planned(problem="no such strategy"),
    "ApprovePause-before": ApprovePause(target="prod", stage="before", step=0, by="ann"),
    "ApprovePause-after": ApprovePause(target="prod", stage="after", step=0, by="ann"),
    "ApprovePause-timed": ApprovePause(target="prod", stage="before", step=1, by="ann"),
    "ApprovePause-nowhere": ApprovePause(target="nowhere", stage="before", step=0, by="ann"),
    "RejectPause-before": RejectPause(target="prod", stage="before", step=0, by="ann"),
    "RejectPause-after": RejectPause(target="prod", stage="after", step=0, by="ann"),
    "AbortDeployment": AbortDeployment(by="ann"),
    "DeadLettered": DeadLettered(subject="evt.acme.rollout.landed.3.d1.x", sequence=7, reason="unread", attempts=5),
    "DeadLettered-odd": DeadLettered(subject="nothing of ours", sequence=7, reason="unread", attempts=5),
    "TimerFired-check": TimerFired(name="check"),
    "TimerFired-before-0": TimerFired(name=timer("before", 0)),
    "TimerFired-before-1": TimerFired(name=timer("before", 1)),
    "TimerFired-after-0": TimerFired(name=timer("after", 0)),
    "TimerFired-after-1": TimerFired(name=timer("after", 1)),
    "RolloutStarted": RolloutStarted(target="prod"),
    "StepStarted": StepStarted(target="prod", step=0, what=ApplyManifests()),
    "StepEnded": StepEnded(target="prod", step=0),
    "RolloutHindered": RolloutHindered(target="prod", reason="pods not ready"),
    "RolloutLanded": RolloutLanded(target="prod"),
    "RolloutLanded-nowhere": RolloutLanded(target="nowhere"),
    "RolloutReturning": RolloutReturning(target="prod", reason="too slow"),
    "RolloutRolledBack": RolloutRolledBack(target="prod", reason="too slow"),
    "RolloutSucceeded": RolloutSucceeded(target="prod"),
    "RolloutAbandoned": RolloutAbandoned(target="prod", by="ann", reason="cluster is gone"),
    "RolloutRefused": RolloutRefused(target="prod", order="cmd.rollout.approve", reason="too late"),
}


def situated(name: str) -> Deployment:
    return SITUATIONS[name]


def target_phase(deployment: Deployment) -> str:
    target = target_named(deployment, "prod")
    return target.phase if target else ""


def word(before: Deployment, after: Deployment, outputs: tuple[Output, ...]) -> str:
    if after.phase is not before.phase:
        return after.phase
    if after != before:
        return target_phase(after) if target_phase(after) != target_phase(before) else "noted"
    if any(isinstance(output, DeploymentRefused) for output in outputs):
        return "refused"
    if any(isinstance(output, Message) for output in outputs):
        return "told"
    return "waits" if outputs else "-"


@pytest.mark.parametrize(("situation", "message"), cells(MATRIX), ids="-".join)
def test_message_does_as_written(situation: str, message: str) -> None:
    before = situated(situation)
    assert word(before, *advance(before, SAID[message])) == cells(MATRIX)[situation, message]


def test_no_pair_is_forgotten() -> None:
    assert set(cells(MATRIX)) == {(situation, message) for situation in SITUATIONS for message in SAID}


def test_every_phase_is_a_situation() -> None:
    assert {deployment.phase for deployment in SITUATIONS.values()} == set(Phase)
    assert {target_phase(deployment) for deployment in SITUATIONS.values()} == {"", *TargetPhase}


def test_every_message_to_a_deployment_is_said() -> None:
    heard = ("cmd.deployment.", "obs.deployment.", "evt.rollout.", "evt.fault.")
    classes = {cls for address, cls in MESSAGES.items() if address.startswith(heard)}
    assert {type(message) for message in SAID.values()} == {*classes, TimerFired}
