"""Every message in every phase of a deployment and its target: a pair that nobody thought of is a hole in the table."""

from typing import Any, get_args

import pytest
from msgspec.structs import replace

from libs.deployment.machine import advance
from libs.deployment.state import Deployment, Phase, TargetPhase, target_named
from libs.gates.passing import FromRun
from libs.gates.state import Outcome, Verdict, timer_name
from libs.messages.analysis import AnalysisFailed, AnalysisPassed
from libs.messages.codec import MESSAGES
from libs.messages.deployment import (
    AbortDeployment,
    AdvanceGate,
    ApproveGate,
    DeploymentRefused,
    Planned,
    QueueDeployment,
    RejectGate,
    StartDeployment,
)
from libs.messages.fault import DeadLettered
from libs.messages.message import Message, Output, TimerFired
from libs.messages.rollout import (
    RolloutAbandoned,
    RolloutHindered,
    RolloutLanded,
    RolloutPaused,
    RolloutRefused,
    RolloutResumed,
    RolloutReturning,
    RolloutRolledBack,
    RolloutStarted,
    RolloutSucceeded,
    StepEnded,
    StepStarted,
)
from libs.messages.run import Place
from libs.messages.webhook import WebhookFailed, WebhookSucceeded
from libs.plan.model import ApplyManifests
from tests.builders import a_deployment, a_plan, a_target, a_timed_pause, a_webhook, an_analysis, an_approval
from tests.matrix import cells

# A cell names the phase that the deployment, else the target `prod`, moves to. `told`: the state stays, something is
# said or sent. `waits`: only a timer is armed again. `-`: nothing. `noted`: anything else that the state remembers.
MATRIX = """
                         | absent    queued    planning  waiting     deploying   landed      returning
QueueDeployment          | queued    -         -         -           -           -           -
StartDeployment          | planning  planning  -         -           -           -           -
Planned                  | -         -         running   -           -           -           -
Planned-in-vain          | -         -         failed    -           -           -           -
ApproveGate-before       | refused   refused   refused   refused     refused     refused     refused
ApproveGate-after        | refused   refused   refused   refused     refused     refused     refused
ApproveGate-timed        | refused   refused   refused   refused     refused     refused     refused
ApproveGate-judged       | refused   refused   refused   refused     refused     refused     refused
ApproveGate-nowhere      | refused   refused   refused   refused     refused     refused     refused
RejectGate-before        | refused   refused   refused   refused     refused     refused     refused
RejectGate-after         | refused   refused   refused   refused     refused     refused     refused
RejectGate-judged        | refused   refused   refused   refused     refused     refused     refused
AdvanceGate-before       | refused   refused   refused   refused     refused     refused     refused
AdvanceGate-after        | refused   refused   refused   refused     refused     refused     refused
AdvanceGate-nowhere      | refused   refused   refused   refused     refused     refused     refused
AbortDeployment          | cancelled cancelled cancelled cancelled   aborting    aborting    aborting
DeadLettered             | failed    failed    failed    failed      aborting    aborting    aborting
DeadLettered-odd         | failed    failed    failed    failed      aborting    aborting    aborting
TimerFired-check         | waits     waits     waits     waits       told        waits       told
TimerFired-before-0      | -         -         -         -           -           -           -
TimerFired-before-1      | -         -         -         -           -           -           -
TimerFired-after-0       | -         -         -         -           -           -           -
TimerFired-after-1       | -         -         -         -           -           -           -
WebhookSucceeded-before  | -         -         -         -           -           -           -
WebhookSucceeded-after   | -         -         -         -           -           -           -
WebhookSucceeded-nowhere | -         -         -         -           -           -           -
WebhookFailed-before     | -         -         -         -           -           -           -
WebhookFailed-after      | -         -         -         -           -           -           -
WebhookFailed-strategy   | -         -         -         -           -           -           -
AnalysisPassed-before    | -         -         -         -           -           -           -
AnalysisPassed-after     | -         -         -         -           -           -           -
AnalysisFailed-before    | -         -         -         -           -           -           -
AnalysisFailed-after     | -         -         -         -           -           -           -
RolloutStarted           | -         -         -         -           -           -           -
StepStarted              | -         -         -         -           -           -           -
StepEnded                | -         -         -         -           -           -           -
RolloutPaused            | -         -         -         -           -           -           -
RolloutResumed           | -         -         -         -           -           -           -
RolloutHindered          | -         -         -         -           -           -           -
RolloutLanded            | -         -         -         -           after       -           -
RolloutLanded-nowhere    | -         -         -         -           -           -           -
RolloutReturning         | -         -         -         returning   returning   returning   -
RolloutRolledBack        | -         -         -         rolled_back rolled_back rolled_back rolled_back
RolloutSucceeded         | -         -         -         -           -           succeeded   -
RolloutAbandoned         | -         -         -         failed      failed      failed      failed
RolloutRefused           | -         -         -         -           -           -           -

                         | before      judging     after       stopped     fell_short
QueueDeployment          | -           -           -           -           -
StartDeployment          | -           -           -           -           -
Planned                  | -           -           -           -           -
Planned-in-vain          | -           -           -           -           -
ApproveGate-before       | noted       noted       refused     refused     refused
ApproveGate-after        | refused     refused     noted       refused     refused
ApproveGate-timed        | refused     refused     refused     refused     refused
ApproveGate-judged       | refused     noted       refused     refused     refused
ApproveGate-nowhere      | refused     refused     refused     refused     refused
RejectGate-before        | cancelled   cancelled   refused     refused     refused
RejectGate-after         | refused     refused     cancelled   refused     refused
RejectGate-judged        | refused     cancelled   refused     refused     refused
AdvanceGate-before       | noted       noted       refused     refused     refused
AdvanceGate-after        | refused     refused     noted       refused     refused
AdvanceGate-nowhere      | refused     refused     refused     refused     refused
AbortDeployment          | cancelled   cancelled   aborting    aborting    aborting
DeadLettered             | failed      failed      aborting    aborting    aborting
DeadLettered-odd         | failed      failed      aborting    aborting    aborting
TimerFired-check         | told        told        told        waits       waits
TimerFired-before-0      | cancelled   cancelled   -           -           -
TimerFired-before-1      | noted       noted       -           -           -
TimerFired-after-0       | -           -           cancelled   -           -
TimerFired-after-1       | -           -           noted       -           -
WebhookSucceeded-before  | noted       noted       -           -           -
WebhookSucceeded-after   | -           -           noted       -           -
WebhookSucceeded-nowhere | -           -           -           -           -
WebhookFailed-before     | failed      failed      -           -           -
WebhookFailed-after      | -           -           failed      -           -
WebhookFailed-strategy   | -           -           -           -           -
AnalysisPassed-before    | noted       -           -           -           -
AnalysisPassed-after     | -           -           noted       -           -
AnalysisFailed-before    | noted       -           -           -           -
AnalysisFailed-after     | -           -           noted       -           -
RolloutStarted           | -           -           -           -           -
StepStarted              | -           -           -           -           -
StepEnded                | -           -           -           -           -
RolloutPaused            | -           -           -           -           -
RolloutResumed           | -           -           -           -           -
RolloutHindered          | -           -           -           -           -
RolloutLanded            | -           -           -           -           -
RolloutLanded-nowhere    | -           -           -           -           -
RolloutReturning         | returning   returning   returning   returning   returning
RolloutRolledBack        | rolled_back rolled_back rolled_back rolled_back rolled_back
RolloutSucceeded         | -           -           noted       noted       noted
RolloutAbandoned         | failed      failed      failed      failed      noted
RolloutRefused           | -           -           -           -           -

                         | gone_back given_up  never     finishing finished
QueueDeployment          | -         -         -         -         -
StartDeployment          | -         -         -         -         -
Planned                  | -         -         -         -         -
Planned-in-vain          | -         -         -         -         -
ApproveGate-before       | refused   refused   refused   refused   refused
ApproveGate-after        | refused   refused   refused   refused   refused
ApproveGate-timed        | refused   refused   refused   refused   refused
ApproveGate-judged       | refused   refused   refused   refused   refused
ApproveGate-nowhere      | refused   refused   refused   refused   refused
RejectGate-before        | refused   refused   refused   refused   refused
RejectGate-after         | refused   refused   refused   refused   refused
RejectGate-judged        | refused   refused   refused   refused   refused
AdvanceGate-before       | refused   refused   refused   refused   refused
AdvanceGate-after        | refused   refused   refused   refused   refused
AdvanceGate-nowhere      | refused   refused   refused   refused   refused
AbortDeployment          | cancelled cancelled cancelled refused   cancelled
DeadLettered             | failed    failed    failed    -         failed
DeadLettered-odd         | failed    failed    failed    -         failed
TimerFired-check         | waits     waits     waits     told      waits
TimerFired-before-0      | -         -         -         -         -
TimerFired-before-1      | -         -         -         -         -
TimerFired-after-0       | -         -         -         -         -
TimerFired-after-1       | -         -         -         -         -
WebhookSucceeded-before  | -         -         -         -         -
WebhookSucceeded-after   | -         -         -         -         -
WebhookSucceeded-nowhere | -         -         -         -         -
WebhookFailed-before     | -         -         -         -         -
WebhookFailed-after      | -         -         -         -         -
WebhookFailed-strategy   | -         -         -         -         -
AnalysisPassed-before    | -         -         -         -         -
AnalysisPassed-after     | -         -         -         -         -
AnalysisFailed-before    | -         -         -         -         -
AnalysisFailed-after     | -         -         -         -         -
RolloutStarted           | -         -         -         -         -
StepStarted              | -         -         -         -         -
StepEnded                | -         -         -         -         -
RolloutPaused            | -         -         -         -         -
RolloutResumed           | -         -         -         -         -
RolloutHindered          | -         -         -         -         -
RolloutLanded            | -         -         -         -         -
RolloutLanded-nowhere    | -         -         -         -         -
RolloutReturning         | -         -         -         returning -
RolloutRolledBack        | -         -         -         failed    -
RolloutSucceeded         | -         -         -         succeeded -
RolloutAbandoned         | -         -         -         failed    -
RolloutRefused           | -         -         -         -         -

                         | aborting succeeded failed  cancelled
QueueDeployment          | -        -         -       -
StartDeployment          | -        -         -       -
Planned                  | -        -         -       -
Planned-in-vain          | -        -         -       -
ApproveGate-before       | refused  refused   refused refused
ApproveGate-after        | refused  refused   refused refused
ApproveGate-timed        | refused  refused   refused refused
ApproveGate-judged       | refused  refused   refused refused
ApproveGate-nowhere      | refused  refused   refused refused
RejectGate-before        | refused  refused   refused refused
RejectGate-after         | refused  refused   refused refused
RejectGate-judged        | refused  refused   refused refused
AdvanceGate-before       | refused  refused   refused refused
AdvanceGate-after        | refused  refused   refused refused
AdvanceGate-nowhere      | refused  refused   refused refused
AbortDeployment          | refused  refused   refused refused
DeadLettered             | -        -         -       -
DeadLettered-odd         | -        -         -       -
TimerFired-check         | told     -         -       -
TimerFired-before-0      | -        -         -       -
TimerFired-before-1      | -        -         -       -
TimerFired-after-0       | -        -         -       -
TimerFired-after-1       | -        -         -       -
WebhookSucceeded-before  | -        -         -       -
WebhookSucceeded-after   | -        -         -       -
WebhookSucceeded-nowhere | -        -         -       -
WebhookFailed-before     | -        -         -       -
WebhookFailed-after      | -        -         -       -
WebhookFailed-strategy   | -        -         -       -
AnalysisPassed-before    | -        -         -       -
AnalysisPassed-after     | -        -         -       -
AnalysisFailed-before    | -        -         -       -
AnalysisFailed-after     | -        -         -       -
RolloutStarted           | -        -         -       -
StepStarted              | -        -         -       -
StepEnded                | -        -         -       -
RolloutPaused            | -        -         -       -
RolloutResumed           | -        -         -       -
RolloutHindered          | -        -         -       -
RolloutLanded            | -        -         -       -
RolloutLanded-nowhere    | -        -         -       -
RolloutReturning         | -        -         -       -
RolloutRolledBack        | failed   -         -       -
RolloutSucceeded         | -        -         -       -
RolloutAbandoned         | failed   -         -       -
RolloutRefused           | -        -         -       -
"""

GATES = (an_approval(expires_seconds=60), a_timed_pause(), a_webhook(), an_analysis(failed=True))
ASKED = {stage: (Outcome(3, Verdict.ASKING, "analysis failed: 0.2"),) for stage in ("before", "after")}
ACCEPTED = Deployment(phase=Phase.PLANNING, application="shop", submission="sha256-of-submission", by="ann")


def running(phase: TargetPhase, *, landed: bool = False, asked: bool = False) -> Deployment:
    """`prod` in this phase, while another target keeps the deployment from ending."""
    target = a_target("prod", phase, depends_on=("other",), before=GATES, after=GATES)
    other = a_target("other", TargetPhase.BEFORE, before=GATES[:2])
    return a_deployment(replace(target, landed=landed, outcomes=ASKED if asked else {}), other)


def over(phase: Phase, target: TargetPhase, *, landed: bool = False) -> Deployment:
    """Nothing goes forward any more; `prod` is the only target."""
    return a_deployment(replace(a_target("prod", target), landed=landed), phase=phase)


SITUATIONS = {
    "absent": Deployment(),
    "queued": replace(ACCEPTED, phase=Phase.QUEUED),
    "planning": ACCEPTED,
    "waiting": running(TargetPhase.WAITING),
    "before": running(TargetPhase.BEFORE),
    "judging": running(TargetPhase.BEFORE, asked=True),
    "deploying": running(TargetPhase.DEPLOYING),
    "after": running(TargetPhase.AFTER, landed=True),
    "landed": running(TargetPhase.LANDED, landed=True),
    "returning": running(TargetPhase.RETURNING),
    "gone_back": running(TargetPhase.ROLLED_BACK),
    "given_up": running(TargetPhase.FAILED),
    "never": running(TargetPhase.CANCELLED),
    "stopped": running(TargetPhase.CANCELLED, landed=True),
    "fell_short": running(TargetPhase.FAILED, landed=True),
    "finishing": over(Phase.FINISHING, TargetPhase.LANDED, landed=True),
    "finished": running(TargetPhase.SUCCEEDED),
    "aborting": over(Phase.ABORTING, TargetPhase.RETURNING),
    "succeeded": over(Phase.SUCCEEDED, TargetPhase.SUCCEEDED),
    "failed": over(Phase.FAILED, TargetPhase.ROLLED_BACK),
    "cancelled": over(Phase.CANCELLED, TargetPhase.ROLLED_BACK),
}


def timer(stage: str, step: int) -> str:
    return timer_name("prod", Place(stage, step))


BEFORE: Any = {"target": "prod", "stage": "before", "by": "ann"}
AFTER: Any = {"target": "prod", "stage": "after", "by": "ann"}

SAID: dict[str, Message] = {
    "QueueDeployment": QueueDeployment(application="shop", submission="sha256-of-submission", by="ann"),
    "StartDeployment": StartDeployment(application="shop", submission="sha256-of-submission", by="ann"),
    "Planned": Planned(plan=a_plan()),
    "Planned-in-vain": Planned(problem="no such strategy"),
    "ApproveGate-before": ApproveGate(step=0, **BEFORE),
    "ApproveGate-after": ApproveGate(step=0, **AFTER),
    "ApproveGate-timed": ApproveGate(step=1, **BEFORE),
    "ApproveGate-judged": ApproveGate(step=3, **BEFORE),
    "ApproveGate-nowhere": ApproveGate(target="nowhere", stage="before", step=0, by="ann"),
    "RejectGate-before": RejectGate(step=0, **BEFORE),
    "RejectGate-after": RejectGate(step=0, **AFTER),
    "RejectGate-judged": RejectGate(step=3, **BEFORE),
    "AdvanceGate-before": AdvanceGate(step=1, **BEFORE),
    "AdvanceGate-after": AdvanceGate(step=2, **AFTER),
    "AdvanceGate-nowhere": AdvanceGate(step=9, **BEFORE),
    "AbortDeployment": AbortDeployment(by="ann"),
    "DeadLettered": DeadLettered(subject="evt.acme.rollout.landed.3.d1.x", sequence=7, reason="unread", attempts=5),
    "DeadLettered-odd": DeadLettered(subject="nothing of ours", sequence=7, reason="unread", attempts=5),
    "TimerFired-check": TimerFired(name="check"),
    "TimerFired-before-0": TimerFired(name=timer("before", 0)),
    "TimerFired-before-1": TimerFired(name=timer("before", 1)),
    "TimerFired-after-0": TimerFired(name=timer("after", 0)),
    "TimerFired-after-1": TimerFired(name=timer("after", 1)),
    "WebhookSucceeded-before": WebhookSucceeded(target="prod", place=Place("before", 2), name="smoke"),
    "WebhookSucceeded-after": WebhookSucceeded(target="prod", place=Place("after", 2), name="smoke"),
    "WebhookSucceeded-nowhere": WebhookSucceeded(target="nowhere", place=Place("before", 2), name="smoke"),
    "WebhookFailed-before": WebhookFailed(target="prod", place=Place("before", 2), name="smoke", reason="503"),
    "WebhookFailed-after": WebhookFailed(target="prod", place=Place("after", 2), name="smoke", reason="503"),
    "WebhookFailed-strategy": WebhookFailed(target="prod", place=Place("strategy", 2), name="smoke", reason="503"),
    "AnalysisPassed-before": AnalysisPassed(target="prod", place=Place("before", 3), reason="within limits"),
    "AnalysisPassed-after": AnalysisPassed(target="prod", place=Place("after", 3), reason="within limits"),
    "AnalysisFailed-before": AnalysisFailed(target="prod", place=Place("before", 3), reason="too many errors"),
    "AnalysisFailed-after": AnalysisFailed(target="prod", place=Place("after", 3), reason="too many errors"),
    "RolloutStarted": RolloutStarted(target="prod"),
    "StepStarted": StepStarted(target="prod", step=0, what=ApplyManifests()),
    "StepEnded": StepEnded(target="prod", step=0),
    "RolloutPaused": RolloutPaused(target="prod", by="ann"),
    "RolloutResumed": RolloutResumed(target="prod", by="ann"),
    "RolloutHindered": RolloutHindered(target="prod", reason="pods not ready"),
    "RolloutLanded": RolloutLanded(target="prod", replica_sets=("web-new",)),
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
    assert {type(message) for message in SAID.values()} == {*classes, *get_args(FromRun), TimerFired}
