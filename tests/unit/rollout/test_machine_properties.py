"""What holds for every rollout, whatever the cluster, time and people do to it, in any order."""

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.messages.analysis import AnalysisFailed, AnalysisPassed, CancelAnalysis, StartAnalysis
from libs.messages.message import Message, TimerFired
from libs.messages.rollout import (
    AbandonRollout,
    AdvanceStep,
    ApproveStep,
    Broken,
    Claimed,
    FinishRollout,
    Hindered,
    PauseRollout,
    RejectStep,
    ResumeRollout,
    RollBack,
    RolloutHindered,
    RolloutLanded,
    Settled,
    StepEnded,
    StepStarted,
    Surveyed,
    Workload,
)
from libs.messages.run import GateMessage, Place, run_name
from libs.messages.webhook import CancelWebhook, StartWebhook, WebhookFailed, WebhookSucceeded
from libs.plan.model import Step
from libs.rollout.machine import MACHINE
from libs.rollout.state import Phase, gates_of, is_terminal, is_walked, passage
from libs.rollout.traffic import swap, weight
from tests.builders import a_start
from tests.cooperation import awaited_places, next_word
from tests.shell import Shell
from tests.strategies import steps, workloads

FORWARD = {Phase.PROGRESSING, Phase.HELD, Phase.LANDED, Phase.FINISHING, Phase.SUCCEEDED}
ago = st.sampled_from([0, 0, 0, 1, 2])
"""How many goals or steps ago a message was meant for."""
gate = st.sampled_from([0, 0, 0, 1, 2])


class AnyRollout(RuleBasedStateMachine):
    """One rollout, and everybody who may say something to it at any time."""

    @initialize(steps=steps, workloads=workloads)
    def plan(self, steps: tuple[Step, ...], workloads: tuple[Workload, ...]) -> None:
        self.order = a_start(steps=steps)
        self.workloads = workloads
        self.rollout = Shell(MACHINE)
        self.history: list[Message] = []
        self.weight = 0
        self.moved = False
        self.heard: set[str] = set()

    def tell(self, message: Message) -> None:
        before = self.rollout.state
        self.rollout.tell(message)
        if isinstance(message, GateMessage):
            self.heard.add(run_name("prod", message.place))
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

    @rule(ago=ago, gate=gate)
    def approve(self, ago: int, gate: int) -> None:
        self.tell(ApproveStep(target="prod", step=self.rollout.state.step - ago, gate=gate, by="ann"))

    @rule(ago=ago, gate=gate)
    def reject(self, ago: int, gate: int) -> None:
        self.tell(RejectStep(target="prod", step=self.rollout.state.step - ago, gate=gate, by="ann"))

    @rule(ago=ago, gate=gate)
    def advance(self, ago: int, gate: int) -> None:
        self.tell(AdvanceStep(target="prod", step=self.rollout.state.step - ago, gate=gate, by="ann"))

    @rule(ago=ago, gate=gate, good=st.booleans())
    def call_back(self, ago: int, gate: int, good: bool) -> None:
        place = Place("strategy", self.rollout.state.step - ago, gate)
        succeeded = WebhookSucceeded(target="prod", place=place, name="smoke")
        failed = WebhookFailed(target="prod", place=place, name="smoke", reason="503")
        self.tell(succeeded if good else failed)

    @rule(ago=ago, gate=gate, good=st.booleans())
    def judge(self, ago: int, gate: int, good: bool) -> None:
        place = Place("strategy", self.rollout.state.step - ago, gate)
        self.tell((AnalysisPassed if good else AnalysisFailed)(target="prod", place=place, reason="0.2"))

    @rule(ahead=st.integers(0, 1))
    def pause(self, ahead: int) -> None:
        self.tell(PauseRollout(target="prod", hold=self.rollout.state.holds + ahead, by="ann"))

    @rule(ago=ago)
    def resume(self, ago: int) -> None:
        self.tell(ResumeRollout(target="prod", hold=self.rollout.state.holds - ago, by="ann"))

    @rule()
    def cooperate(self) -> None:
        """Else hardly any rollout gets far."""
        if self.rollout.state.phase is not Phase.ABSENT:
            self.tell(next_word(self.rollout.state, self.workloads))

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
    def landing_follows_everything(self) -> None:
        if not any(isinstance(message, RolloutLanded) for message in self.rollout.said):
            return
        ended = {message.step for message in self.rollout.said if isinstance(message, StepEnded)}
        assert ended == {index for index in range(len(self.order.steps)) if is_walked(self.rollout.state, index)}

    @invariant()
    def traffic_moves_once_going_forward(self) -> None:
        asked = swap(self.rollout.state)
        if asked and self.rollout.state.phase in FORWARD:
            assert asked.traffic_to_new or asked.stable_runs, "somebody serves"
            assert asked.traffic_to_new >= self.moved
            self.moved = asked.traffic_to_new

    @invariant()
    def held_rollout_begins_nothing(self) -> None:
        if self.rollout.state.phase is Phase.HELD:
            assert self.rollout.state.held_by

    @invariant()
    def runs_are_started_once_and_not_left_running(self) -> None:
        started = {said.run for said in self.rollout.said if isinstance(said, StartWebhook | StartAnalysis)}
        ended = {said.run for said in self.rollout.said if isinstance(said, CancelWebhook | CancelAnalysis)}
        running = {run_name("prod", place) for place in awaited_places(passage(self.rollout.state))}
        assert running <= started
        assert not running & ended
        assert started - running - ended <= self.heard

    @invariant()
    def hindrance_is_what_was_last_said(self) -> None:
        said = [message.reason for message in self.rollout.said if isinstance(message, RolloutHindered)]
        if not is_terminal(self.rollout.state):
            assert self.rollout.state.hindrance == (said[-1] if said else "")

    def teardown(self) -> None:
        if not hasattr(self, "rollout"):
            return
        self.rollout.tell(self.order)
        gates = sum(len(gates_of(step)) for step in self.order.steps)
        for _ in range(len(self.order.steps) + 2 * gates + 5):
            is_landed = self.rollout.state.phase is Phase.LANDED
            finish = FinishRollout(target="prod")
            self.rollout.tell(finish if is_landed else next_word(self.rollout.state, self.workloads))
        assert self.rollout.has_ended


TestAnyRollout = AnyRollout.TestCase
TestAnyRollout.settings = settings(max_examples=settings().max_examples * 2, stateful_step_count=25, deadline=None)
