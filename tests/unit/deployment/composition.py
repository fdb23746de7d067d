"""A deployment, its rollouts, and the queues between them: in order from one to another, otherwise at any time."""

from collections import deque

from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.deployment.state import Deployment, passage
from libs.gates.state import Passage, open_gates, place_of
from libs.messages.deployment import ApproveGate, Planned, StartDeployment
from libs.messages.message import Message, TargetMessage, TimerFired
from libs.messages.rollout import Surveyed
from libs.messages.run import GateMessage
from libs.plan.model import Plan, TargetPlan
from libs.rollout.machine import MACHINE as ROLLOUT
from libs.rollout.state import Rollout, gates_of
from tests.builders import a_workload
from tests.cooperation import good_word, next_word
from tests.shell import Shell

PLANNER = "planner"
"""Who owns the deployment; the rollouts go by the names of their targets."""

Channel = tuple[str, str]
"""From whom, to whom."""


def size(target: TargetPlan) -> int:
    return sum(1 + len(gates_of(step)) for step in target.steps)


class Composition:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.deployment = Shell[Deployment](DEPLOYMENT)
        self.rollouts = {target.name: Shell[Rollout](ROLLOUT) for target in plan.targets}
        self.queues: dict[Channel, deque[Message]] = {}
        self.delivered: list[tuple[str, Message]] = []

    def begin(self) -> None:
        self.tell(PLANNER, StartDeployment(application=self.plan.application, submission="sha256", by="ann"))
        self.tell(PLANNER, Planned(plan=self.plan))

    def tell(self, who: str, message: Message) -> None:
        shell = self.deployment if who == PLANNER else self.rollouts[who]
        for said in shell.tell(message):
            if isinstance(said, TargetMessage) and not isinstance(said, GateMessage):
                to = said.target if who == PLANNER else PLANNER
                self.queues.setdefault((who, to), deque()).append(said)

    def waiting(self) -> list[Channel]:
        return sorted(channel for channel, queue in self.queues.items() if queue)

    def take(self, channel: Channel) -> Message:
        return self.queues[channel].popleft()

    def deliver(self, channel: Channel) -> None:
        message = self.take(channel)
        self.delivered.append((channel[1], message))
        self.tell(channel[1], message)

    def timers(self) -> list[tuple[str, str]]:
        """Who may be woken, and by which timer."""
        rollouts = [(name, timer) for name, rollout in self.rollouts.items() for timer in rollout.armed]
        return sorted([*rollouts, *((PLANNER, timer) for timer in self.deployment.armed)])

    def wake(self, who: str, timer: str) -> None:
        self.tell(who, TimerFired(name=timer))

    def cooperate(self) -> None:
        """Everything arrives, the cluster does as it is told, pauses end, and whoever still waits is woken."""
        rounds = 10 + sum(8 + size(target) for target in self.plan.targets)
        for _ in range(rounds):
            self.drain()
            if self.deployment.has_ended:
                return
            for name in self.rollouts:
                self.bring_on(name)
            for gates, index in self.open_gates():
                self.tell(PLANNER, pass_gate(gates, index))
            for who, timer in self.timers():
                if timer == "check":
                    self.wake(who, timer)

    def drain(self) -> None:
        while waiting := self.waiting():
            self.deliver(waiting[0])

    def bring_on(self, name: str) -> None:
        """Whatever this rollout waits for happens."""
        rollout = self.rollouts[name].state
        word = next_word(rollout if rollout.target else Rollout(target=name))
        if isinstance(word, TimerFired):
            self.wake(name, word.name)
        else:
            self.tell(name, word)

    def open_gates(self) -> list[tuple[Passage, int]]:
        """The gates before and after targets that the deployment waits for."""
        state = self.deployment.state
        passages = [passage(target, state.application) for target in state.targets]
        return [(gates, index) for gates in passages if gates for index, _ in open_gates(gates)]


def pass_gate(gates: Passage, index: int) -> Message:
    place = place_of(gates, index)
    approved = ApproveGate(target=gates.subject.target, stage=place.stage, step=place.step, by="ann")
    return good_word(gates, index) or approved


def survey(name: str, rollout: Rollout) -> Surveyed:
    return Surveyed(target=name, goal=rollout.goal, workloads=(a_workload(),), snapshot="sha256-of-snapshot")
