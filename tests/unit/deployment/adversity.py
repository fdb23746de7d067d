"""What may happen to a deployment and its rollouts on the way: the usual, and trouble."""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from libs.gates.state import place_of
from libs.messages.analysis import AnalysisFailed
from libs.messages.deployment import AbortDeployment, AdvanceGate, RejectGate
from libs.messages.fault import DeadLettered
from libs.messages.rollout import AbandonRollout, Broken, Hindered, PauseRollout, RejectStep, RollBack
from libs.messages.run import Place
from libs.messages.webhook import WebhookFailed
from tests.unit.deployment.composition import PLANNER, Composition, pass_gate, survey

Choice = TypeVar("Choice")
Act = Callable[[Composition, int], None]
"""Something happens; the number says to whom, or which of several."""
Script = list[tuple[str, int]]


def play(all: Composition, what: str, number: int) -> None:
    (USUAL | TROUBLE)[what](all, number)


def pick(choices: Sequence[Choice], number: int) -> Sequence[Choice]:
    """One of these, or none where there are none."""
    return [choices[number % len(choices)]] if choices else []


def name_of(all: Composition, number: int) -> str:
    return sorted(all.rollouts)[number % len(all.rollouts)]


def deliver(all: Composition, number: int) -> None:
    for channel in pick(all.waiting(), number):
        all.deliver(channel)


def deliver_everything(all: Composition, number: int) -> None:
    all.drain()


def deliver_again(all: Composition, number: int) -> None:
    for receiver, message in pick(all.delivered, number):
        all.tell(receiver, message)


def bring_on(all: Composition, number: int) -> None:
    all.drain()
    all.bring_on(name_of(all, number))


def survey_again(all: Composition, number: int) -> None:
    name = name_of(all, number)
    all.tell(name, survey(name, all.rollouts[name].state))


def hinder(all: Composition, number: int) -> None:
    name = name_of(all, number)
    all.tell(name, Hindered(target=name, goal=all.rollouts[name].state.goal, reason="pods not ready"))


def pass_one(all: Composition, number: int) -> None:
    for gates, index in pick(all.open_gates(), number):
        all.tell(PLANNER, pass_gate(gates, index))


def check(all: Composition, number: int) -> None:
    for who, timer in all.timers():
        if timer == "check":
            all.wake(who, timer)


USUAL: dict[str, Act] = {
    "deliver": deliver,
    "deliver everything": deliver_everything,
    "deliver again": deliver_again,
    "bring on": bring_on,
    "survey again": survey_again,
    "hinder": hinder,
    "pass gate": pass_one,
    "check": check,
}


def lose(all: Composition, number: int) -> None:
    for channel in pick(all.waiting(), number):
        all.take(channel)


def run_out_of_time(all: Composition, number: int) -> None:
    for who, timer in pick([(who, timer) for who, timer in all.timers() if timer != "check"], number):
        all.wake(who, timer)


def reject_gate(all: Composition, number: int) -> None:
    for gates, index in pick(all.open_gates(), number):
        all.tell(PLANNER, RejectGate(target=gates.subject.target, stage=gates.stage, step=index, by="ann"))


def skip_gate(all: Composition, number: int) -> None:
    for gates, index in pick(all.open_gates(), number):
        all.tell(PLANNER, AdvanceGate(target=gates.subject.target, stage=gates.stage, step=index, by="ann"))


def fail_run(all: Composition, number: int) -> None:
    for gates, index in pick(all.open_gates(), number):
        place, target = place_of(gates, index), gates.subject.target
        all.tell(PLANNER, WebhookFailed(target=target, place=place, name="smoke", reason="503"))
        all.tell(PLANNER, AnalysisFailed(target=target, place=place, reason="too many errors"))


def fail_run_of_step(all: Composition, number: int) -> None:
    name = name_of(all, number)
    place = Place("strategy", all.rollouts[name].state.step)
    all.tell(name, WebhookFailed(target=name, place=place, name="smoke", reason="503"))
    all.tell(name, AnalysisFailed(target=name, place=place, reason="too many errors"))


def hold(all: Composition, number: int) -> None:
    name = name_of(all, number)
    all.tell(name, PauseRollout(target=name, hold=all.rollouts[name].state.holds + 1, by="ann"))


def reject_step(all: Composition, number: int) -> None:
    name = name_of(all, number)
    all.tell(name, RejectStep(target=name, step=all.rollouts[name].state.step, by="ann"))


def break_goal(all: Composition, number: int) -> None:
    name = name_of(all, number)
    all.tell(name, Broken(target=name, goal=all.rollouts[name].state.goal, reason="quota exceeded"))


def roll_back(all: Composition, number: int) -> None:
    name = name_of(all, number)
    all.tell(name, RollBack(target=name, by="ann"))


def abandon(all: Composition, number: int) -> None:
    name = name_of(all, number)
    all.tell(name, AbandonRollout(target=name, by="ann", reason="cluster is gone"))


def abort(all: Composition, number: int) -> None:
    all.tell(PLANNER, AbortDeployment(by="ann"))


def put_aside(all: Composition, number: int) -> None:
    subject = "cmd.acme.rollout.start.3.d1.x"
    all.tell(PLANNER, DeadLettered(subject=subject, sequence=7, reason="unreadable", attempts=5))


TROUBLE: dict[str, Act] = {
    "lose": lose,
    "run out of time": run_out_of_time,
    "reject gate": reject_gate,
    "skip gate": skip_gate,
    "fail run": fail_run,
    "fail run of step": fail_run_of_step,
    "hold": hold,
    "reject step": reject_step,
    "break goal": break_goal,
    "roll back": roll_back,
    "abandon": abandon,
    "abort": abort,
    "put aside": put_aside,
}


def script_of(seed: int) -> Script:
    """Mostly the usual, and of that mostly progress: else hardly any deployment gets far.

    Drawn evenly from a seed: hypothesis' own lists repeat themselves too much to reach the rare orders.
    """
    chance = Random(seed)
    usual = [*sorted(USUAL), *["bring on"] * 8, *["pass gate"] * 4]
    often = chance.choice([10, 20, 40])
    kinds = chance.choices([usual, sorted(TROUBLE)], weights=[often, 1], k=80)
    return [(chance.choice(kind), chance.randrange(12)) for kind in kinds]


scripts = st.builds(script_of, st.integers(0, 2**32 - 1))
