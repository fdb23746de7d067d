"""A deployment, its rollouts, and the queues between them: in order from one to another, otherwise at any time."""

from collections import deque

from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.deployment.state import Deployment, Target, open_pauses
from libs.deployment.targets import timer_name
from libs.messages.deployment import ApprovePause, Planned, StartDeployment
from libs.messages.message import Message, TargetMessage, TimerFired
from libs.messages.rollout import ApproveStep, Settled, Surveyed
from libs.plan.model import Pause, Plan
from libs.rollout.machine import MACHINE as ROLLOUT
from libs.rollout.state import Phase, Rollout, current
from tests.builders import a_workload
from tests.shell import Shell

PLANNER = "planner"
"""Who owns the deployment; the rollouts go by the names of their targets."""

Channel = tuple[str, str]
"""From whom, to whom."""


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
            if isinstance(said, TargetMessage):
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
        rounds = 10 + sum(8 + len(target.steps) for target in self.plan.targets)
        for _ in range(rounds):
            self.drain()
            if self.deployment.has_ended:
                return
            for name in self.rollouts:
                self.bring_on(name)
            for target, step, pause in self.open_pauses():
                self.tell(PLANNER, end_of_pause(target, step, pause))
            for who, timer in self.timers():
                if timer == "check":
                    self.wake(who, timer)

    def drain(self) -> None:
        while waiting := self.waiting():
            self.deliver(waiting[0])

    def bring_on(self, name: str) -> None:
        """Whatever this rollout waits for happens."""
        rollout = self.rollouts[name].state
        match rollout.phase, current(rollout):
            case Phase.SURVEYING, _:
                self.tell(name, survey(name, rollout))
            case Phase.PROGRESSING, Pause(seconds=int()):
                self.wake(name, "pause")
            case Phase.PROGRESSING, Pause():
                self.tell(name, ApproveStep(target=name, step=rollout.step, by="ann"))
            case _:
                self.tell(name, Settled(target=name, goal=rollout.goal))

    def open_pauses(self) -> list[tuple[Target, int, Pause]]:
        """The pauses before and after targets that the deployment waits for."""
        return [
            (target, step, pause) for target in self.deployment.state.targets for step, pause in open_pauses(target)
        ]


def end_of_pause(target: Target, step: int, pause: Pause) -> Message:
    if pause.approval is None:
        return TimerFired(name=timer_name(target, step))
    return ApprovePause(target=target.plan.name, stage=target.phase, step=step, by="ann")


def survey(name: str, rollout: Rollout) -> Surveyed:
    return Surveyed(target=name, goal=rollout.goal, workloads=(a_workload(),), snapshot="sha256-of-snapshot")
