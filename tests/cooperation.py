"""What brings on who waits: the cluster does as it is told, time passes, webhooks call back, people let go on."""

from libs.gates.state import Passage, open_gates, outcome_of, place_of, question, timer_of
from libs.messages.analysis import AnalysisPassed
from libs.messages.message import Message, TimerFired
from libs.messages.rollout import ApproveStep, ResumeRollout, Settled, Surveyed, Workload
from libs.messages.run import Place
from libs.messages.webhook import WebhookSucceeded
from libs.plan.model import Analysis, Pause
from libs.rollout.state import Phase, Rollout, passage
from tests.builders import a_workload


def next_word(rollout: Rollout, workloads: tuple[Workload, ...] = (a_workload(),)) -> Message:
    """What this rollout waits for, or anything where it waits for nobody."""
    gates, target = passage(rollout), rollout.target
    if rollout.phase is Phase.SURVEYING:
        return Surveyed(target=target, goal=rollout.goal, workloads=workloads, snapshot="sha256-of-snapshot")
    if rollout.held_by:
        return ResumeRollout(target=target, hold=rollout.holds, by="ann")
    if gates is None:
        return Settled(target=target, goal=rollout.goal)
    index, _ = open_gates(gates)[0]
    return good_word(gates, index) or ApproveStep(target=target, step=rollout.step, gate=index, by="ann")


def good_word(gates: Passage, index: int) -> Message | None:
    """What passes a gate that is not a person's to pass."""
    place, target = place_of(gates, index), gates.subject.target
    match gates.gates[index]:
        case _ if question(gates, index):
            return None
        case Pause():
            return TimerFired(name=timer_of(gates, index))
        case Analysis():
            return AnalysisPassed(target=target, place=place, reason="within limits")
        case webhook:
            return WebhookSucceeded(target=target, place=place, name=webhook.name)


def awaited_places(gates: Passage | None) -> list[Place]:
    """Where runs are still awaited."""
    if gates is None:
        return []
    waiting = (i for i, gate in open_gates(gates) if not isinstance(gate, Pause) and not outcome_of(gates, i))
    return [place_of(gates, index) for index in waiting]
