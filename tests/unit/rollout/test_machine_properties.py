"""What holds for every rollout, whatever the cluster, time and people do to it, in any order."""

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.messages.message import Message, TimerFired
from libs.messages.rollout import (
    AbandonRollout,
    ApproveStep,
    Broken,
    Claimed,
    FinishRollout,
    Hindered,
    RejectStep,
    RollBack,
    RolloutHindered,
    RolloutLanded,
    Settled,
    StepEnded,
    StepStarted,
    Surveyed,
    Workload,
)
from libs.plan.model import Pause, SetWeight, Step
from libs.rollout.machine import MACHINE
from libs.rollout.state import Phase, current, is_terminal, weight
from tests.builders import a_start
from tests.shell import Shell
from tests.strategies import steps, workloads

FORWARD = {Phase.PROGRESSING, Phase.LANDED, Phase.FINISHING, Phase.SUCCEEDED}
ago = st.sampled_from([0, 0, 0, 1, 2])
"""How many goals or steps ago a message was meant for."""


class AnyRollout(RuleBasedStateMachine):
    """One rollout, and everybody who may say something to it at any time."""

    @initialize(steps=steps, workloads=workloads)
    def plan(self, steps: tuple[Step, ...], workloads: tuple[Workload, ...]) -> None:
        self.order = a_start(steps=steps)
        self.workloads = workloads
        self.rollout = Shell(MACHINE)
        self.history: list[Message] = []
        self.weight = 0

    def tell(self, message: Message) -> None:
        before = self.rollout.state
        self.rollout.tell(message)
        if self.rollout.state != before and not isinstance(message, TimerFired | Hindered | Claimed):
            self.history.append(message)

    @rule()
    def start(self) -> None:
        self.tell(self.order)

    @rule(process=st.sampled_from(["one", "two"]))
    def claim(self, process: str) -> None:
        self.tell(Claimed(target="prod", process=process))

    @rule(ago=ago)
    def survey(self, ago: int) -> None:
        goal = self.rollout.state.goal - ago
        self.tell(Surveyed(target="prod", goal=goal, workloads=self.workloads, snapshot="sha256-of-snapshot"))

    @rule(ago=ago)
    def settle(self, ago: int) -> None:
        self.tell(Settled(target="prod", goal=self.rollout.state.goal - ago))

    @rule(ago=ago, reason=st.sampled_from(["", "pods not ready", "agent away"]))
    def hinder(self, ago: int, reason: str) -> None:
        self.tell(Hindered(target="prod", goal=self.rollout.state.goal - ago, reason=reason))

    @rule(ago=ago)
    def break_it(self, ago: int) -> None:
        self.tell(Broken(target="prod", goal=self.rollout.state.goal - ago, reason="quota exceeded"))

    @precondition(lambda self: self.rollout.armed)
    @rule(data=st.data())
    def let_time_pass(self, data: st.DataObject) -> None:
        self.tell(TimerFired(name=data.draw(st.sampled_from(sorted(self.rollout.armed)))))

    @rule(ago=ago)
    def approve(self, ago: int) -> None:
        self.tell(ApproveStep(target="prod", step=self.rollout.state.step - ago, by="ann"))

    @rule(ago=ago)
    def reject(self, ago: int) -> None:
        self.tell(RejectStep(target="prod", step=self.rollout.state.step - ago, by="ann"))

    @rule(by=st.sampled_from(["", "ann"]))
    def roll_back(self, by: str) -> None:
        self.tell(RollBack(target="prod", by=by, reason="too slow"))

    @rule()
    def abandon(self) -> None:
        self.tell(AbandonRollout(target="prod", by="ann", reason="cluster is gone"))

    @rule()
    def finish(self) -> None:
        self.tell(FinishRollout(target="prod"))

    @precondition(lambda self: self.history)
    @rule(data=st.data())
    def repeat_from_long_ago(self, data: st.DataObject) -> None:
        before = self.rollout.state
        self.tell(data.draw(st.sampled_from(self.history)))
        assert self.rollout.state == before

    @invariant()
    def steps_follow_one_another(self) -> None:
        walked = [message for message in self.rollout.said if isinstance(message, StepStarted | StepEnded)]
        for before, after in pairwise(walked):
            assert isinstance(before, StepStarted) is isinstance(after, StepEnded)
            assert after.step == before.step if isinstance(after, StepEnded) else after.step > before.step

    @invariant()
    def weight_never_decreases_going_forward(self) -> None:
        if self.rollout.state.phase in FORWARD:
            assert weight(self.rollout.state) >= self.weight
            self.weight = weight(self.rollout.state)

    @invariant()
    def nothing_is_asked_before_the_survey(self) -> None:
        state = self.rollout.state
        if not state.snapshot:
            assert state.phase in {Phase.ABSENT, Phase.SURVEYING, Phase.ROLLED_BACK}
            assert not any(isinstance(message, StepStarted) for message in self.rollout.said)

    @invariant()
    def landing_follows_the_full_weight(self) -> None:
        if not any(isinstance(message, RolloutLanded) for message in self.rollout.said):
            return
        ended = {message.step for message in self.rollout.said if isinstance(message, StepEnded)}
        asked = [index for index, step in enumerate(self.order.steps) if step == SetWeight(weight=100)]
        assert not asked or ended & set(asked)

    @invariant()
    def hindrance_is_what_was_last_said(self) -> None:
        said = [message.reason for message in self.rollout.said if isinstance(message, RolloutHindered)]
        if not is_terminal(self.rollout.state):
            assert self.rollout.state.hindrance == (said[-1] if said else "")

    def teardown(self) -> None:
        if not hasattr(self, "rollout"):
            return
        self.rollout.tell(self.order)
        for _ in range(len(self.order.steps) + 4):
            self.rollout.tell(self._cooperation())
        assert self.rollout.has_ended

    def _cooperation(self) -> Message:
        """What brings the rollout on from where it is."""
        state = self.rollout.state
        match state.phase, current(state):
            case Phase.SURVEYING, _:
                return Surveyed(target="prod", goal=state.goal, workloads=self.workloads, snapshot="sha256-of-snapshot")
            case Phase.PROGRESSING, Pause(seconds=int()):
                return TimerFired(name="pause")
            case Phase.PROGRESSING, Pause():
                return ApproveStep(target="prod", step=state.step, by="ann")
            case Phase.LANDED, _:
                return FinishRollout(target="prod")
            case _:
                return Settled(target="prod", goal=state.goal)


TestAnyRollout = AnyRollout.TestCase
TestAnyRollout.settings = settings(max_examples=200, stateful_step_count=25, deadline=None)
