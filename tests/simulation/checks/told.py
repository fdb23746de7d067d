"""What the stream tells of gates, runs, targets and their order: verdicts that stand, and nothing before its time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from libs.analysis.machine import MACHINE as ANALYSIS
from libs.analysis.state import Run as Analysis
from libs.analysis.verdict import judge
from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.deployment.state import TERMINAL, Deployment, Phase, TargetPhase
from libs.durable.ports import Stored
from libs.durable.record import Loaded, load
from libs.durable.record import decode as decode_record
from libs.gates.state import limit
from libs.messages.codec import decode, decode_envelope
from libs.messages.gate import GateFailed, GatePassed, GateStarted
from libs.messages.message import Message, TimerFired
from libs.messages.rollout import StepEnded
from libs.messages.run import GateMessage, Place
from libs.messages.subject import Key, parse, state_filter
from libs.messages.webhook import WebhookSucceeded
from libs.plan.model import Approval, Pause
from libs.rollout.machine import MACHINE as ROLLOUT
from libs.webhook.machine import MACHINE as WEBHOOK
from tests.simulation.world.world import World

_IDLE = {Phase.ABSENT, Phase.QUEUED, *TERMINAL}
_MACHINES = (DEPLOYMENT, ROLLOUT, WEBHOOK, ANALYSIS)
EARLY = timedelta(seconds=1)
_NEEDED = {TargetPhase.LANDED, TargetPhase.SUCCEEDED}
_PEOPLES = {"abort", "advance", "approve", "pause", "reject", "resume"}
"""What people order."""
_WAITED = timedelta(seconds=180)
_Gate = tuple[str, str, Place]
"""Deployment, target, place."""


def told_problems(world: World) -> list[str]:
    return [
        *_ends_stay(world),
        *_orders_followed(world),
        *_effects_once(world),
        *_one_writer(world),
        *_needed_first(world),
        *_gates_once(world),
        *_gates_last(world),
        *_webhooks_told_by_runs(world),
        *_analyses_follow(world),
    ]


def _records(world: World, machine: Any) -> Iterator[tuple[Key, Loaded[Any]]]:
    for stored in _stored(world, machine):
        yield parse(stored.subject).key, load(machine, stored)


def _stored(world: World, machine: Any) -> Iterator[Stored]:
    return world.broker.stored([state_filter(machine.noun)], 0)


def _ends_stay(world: World) -> Iterator[str]:
    """INV-01: what has ended stays as it ended."""
    for machine in _MACHINES:
        ended: dict[Key, str] = {}
        for key, loaded in _records(world, machine):
            phase = loaded.state.phase
            if key in ended and ended[key] != phase:
                yield f"INV-01 {machine.noun} {key.deployment[:8]} was {ended[key]} and is {phase}"
            if machine.is_terminal(loaded.state):
                ended[key] = str(phase)


def _orders_followed(world: World) -> Iterator[str]:
    """INV-02: what a person ordered led to a step, if only to one that says why it is refused.

    But for what may have waited, in a process that was stopped, until its machine had ended.
    """
    causes, last = set[str](), dict[Key, datetime]()
    for machine in _MACHINES:
        for stored in _stored(world, machine):
            causes.add(decode_record(stored.data).cause)
            last[parse(stored.subject).key] = stored.at
    for stored in world.broker.stored(["cmd.>"], 0):
        envelope, key = decode_envelope(stored.data), parse(stored.subject).key
        is_peoples = envelope.type.rpartition(".")[2] in _PEOPLES
        if is_peoples and envelope.id not in causes and last.get(key, stored.at) - stored.at > _WAITED:
            yield f"INV-02 {stored.subject} led to nothing"


def _effects_once(world: World) -> Iterator[str]:
    """INV-03: however often the bus brings a message or a timer, it makes one step of a machine."""
    for machine in _MACHINES:
        made: set[tuple[str, str, str]] = set()
        for stored in _stored(world, machine):
            record = decode_record(stored.data)
            address = record.message.address if record.message else "early"
            if address.startswith("obs.") and address != TimerFired.address:
                continue
            step = stored.subject, address, record.cause
            if step in made:
                yield f"INV-03 {step[0]} made two steps for {address} {record.cause}"
            made.add(step)


def _one_writer(world: World) -> Iterator[str]:
    """INV-18: an application is deployed by one deployment at a time."""
    active: set[str] = set()
    for key, loaded in _records(world, DEPLOYMENT):
        if loaded.state.phase in _IDLE:
            active.discard(key.deployment)
        elif key.deployment not in active:
            active.add(key.deployment)
            if len(active) > 1:
                yield f"INV-18 {len(active)} deployments are under way: {sorted(one[:8] for one in active)}"


def _needed_first(world: World) -> Iterator[str]:
    """INV-11: a target starts when those it depends on are done; none is finished before all are through."""
    for _, loaded in _records(world, DEPLOYMENT):
        yield from _too_early(loaded.state)


def _too_early(state: Deployment) -> Iterator[str]:
    phases = {target.plan.name: target.phase for target in state.targets}
    for target in state.targets:
        lacking = [name for name in target.plan.depends_on if phases.get(name) not in _NEEDED]
        if target.phase in (TargetPhase.DEPLOYING, TargetPhase.LANDED) and state.phase is Phase.RUNNING and lacking:
            fates = {phases[name] for name in lacking}
            # One that fails or returns later takes along only what has not begun yet.
            if fates & {TargetPhase.WAITING, TargetPhase.BEFORE, TargetPhase.DEPLOYING}:
                yield f"INV-11 {target.plan.name} is {target.phase}, and needs {lacking}"
        if target.phase is TargetPhase.SUCCEEDED and state.phase is Phase.RUNNING:
            yield f"INV-11 {target.plan.name} succeeded while its deployment runs"


def _gates_once(world: World) -> Iterator[str]:
    """INV-11 and INV-12: one verdict for each gate, after it began; an approval passes because a person said so."""
    begun: dict[_Gate, GateStarted] = {}
    verdicts: dict[_Gate, Message] = {}
    for key, fact in _facts(world, "evt.*.gate.>", "evt.*.rollout.step-ended.>"):
        if isinstance(fact, StepEnded):
            yield from _open_at_its_end(key, fact, begun, verdicts)
        elif isinstance(fact, GateStarted):
            begun[_gate(key, fact)] = fact
        elif isinstance(fact, GatePassed | GateFailed):
            yield from _judged(_gate(key, fact), fact, begun, verdicts)


def _judged(
    gate: _Gate, fact: GatePassed | GateFailed, begun: dict[_Gate, GateStarted], verdicts: dict[_Gate, Message]
) -> Iterator[str]:
    what = begun[gate].what if gate in begun else None
    if what is None:
        yield f"INV-11 gate {gate[2]} of {gate[1]} was judged before it began"
    if gate in verdicts:
        yield f"INV-11 gate {gate[2]} of {gate[1]} was judged twice: {verdicts[gate]}, then {fact}"
    if isinstance(fact, GatePassed) and isinstance(what, Pause) and isinstance(what.approval, Approval) and not fact.by:
        yield f"INV-12 gate {gate[2]} of {gate[1]} was passed, and nobody approved"
    verdicts[gate] = fact


def _open_at_its_end(
    key: Key, fact: StepEnded, begun: dict[_Gate, GateStarted], verdicts: dict[_Gate, Message]
) -> Iterator[str]:
    for gate in begun:
        is_its = gate[:2] == (key.deployment, fact.target) and gate[2].stage == "strategy" and gate[2].step == fact.step
        if is_its and not isinstance(verdicts.get(gate), GatePassed):
            yield f"INV-11 step {fact.step} of {fact.target} ended, and its gate {gate[2].gate} was not passed"


def _gates_last(world: World) -> Iterator[str]:
    """INV-13: a gate's time is over no sooner than it says, unless a person ended it."""
    began: dict[_Gate, tuple[datetime, int]] = {}
    for stored in world.broker.stored(["evt.*.gate.>"], 0):
        envelope = decode_envelope(stored.data)
        fact, key = decode(envelope.type, envelope.data), parse(stored.subject).key
        if isinstance(fact, GateStarted) and (seconds := limit(fact.what)):
            began[_gate(key, fact)] = (stored.at, seconds)
        elif isinstance(fact, GatePassed | GateFailed) and not fact.by and _gate(key, fact) in began:
            at, seconds = began[_gate(key, fact)]
            if stored.at - at + EARLY < timedelta(seconds=seconds):
                lasted = (stored.at - at).total_seconds()
                yield f"INV-13 gate {fact.place} of {fact.target} was over after {lasted:.1f} s of {seconds}"


def _webhooks_told_by_runs(world: World) -> Iterator[str]:
    """INV-14: a run tells one outcome; its attempts are numbered without a gap; a callback that counts is told of."""
    told: dict[_Gate, str] = {}
    for key, fact in _facts(world, "evt.*.webhook.succeeded.>", "evt.*.webhook.failed.>"):
        assert isinstance(fact, GateMessage)
        gate, kind = _gate(key, fact), type(fact).__name__
        if told.setdefault(gate, kind) != kind:
            yield f"INV-14 webhook {gate[2]} of {gate[1]}: {told[gate]}, then {kind}"
        if isinstance(fact, WebhookSucceeded) and not fact.by:
            yield f"INV-14 webhook {gate[2]} of {gate[1]} succeeded, and nobody called back"


def _analyses_follow(world: World) -> Iterator[str]:
    """INV-15: a verdict follows from the values, as many as were asked for."""
    for _, loaded in _records(world, ANALYSIS):
        run = loaded.state
        assert isinstance(run, Analysis)
        if run.phase != "passed":
            continue
        values = [(one.limits, one.values) for one in run.series]
        if not values or any(len(one) != run.analysis.runs for _, one in values) or not judge(values).is_passed:
            yield f"INV-15 analysis {run.run} passed on {values}, and {run.analysis.runs} runs were to be"


def _facts(world: World, *filters: str) -> Iterator[tuple[Key, Message]]:
    for stored in world.broker.stored(list(filters), 0):
        envelope = decode_envelope(stored.data)
        yield parse(stored.subject).key, decode(envelope.type, envelope.data)


def _gate(key: Key, fact: GateMessage) -> _Gate:
    return key.deployment, fact.target, fact.place
