"""Steps and gates as people look at them: what each is, how far, and what it waits for. Pure."""

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from libs.api.planned import planned
from libs.api.span import span
from libs.api.view import StepView
from libs.durable.record import Loaded, Timer
from libs.gates.state import Outcome, Verdict, outcome_at, timer_name
from libs.messages.run import Place
from libs.plan.model import Analysis, ApplyManifests, AwaitGates, Gate, Pause, RunWebhook, SetWeight, Step
from libs.rollout.state import Phase, Rollout, gates_of, is_walked
from libs.rollout.traffic import weight_of
from libs.rollout.walking import READY

_AT_FULL = {Phase.LANDED, Phase.FINISHING, Phase.SUCCEEDED}
_UNKNOWN = {Phase.ABSENT, Phase.SURVEYING}
_GATE_STATES = {
    Verdict.PASSED: "done",
    Verdict.SKIPPED: "skipped",
    Verdict.ASKING: "current",
    Verdict.FAILED: "failed",
}


def steps(plan: tuple[Step, ...], walked: Loaded[Rollout] | None) -> tuple[StepView, ...]:
    if walked is None or walked.state.phase in _UNKNOWN:
        return tuple(planned(step) for step in plan)
    return tuple(_walked(step, index, walked) for index, step in enumerate(plan))


def gate_view(gate: Gate, now: str, outcome: Outcome | None, until: datetime | None) -> StepView:
    """`now`: what it is as long as nothing was heard of it."""
    state = _GATE_STATES[outcome.verdict] if outcome else now
    if outcome and now in ("pending", "skipped") and outcome.verdict is Verdict.ASKING:
        state = "skipped"
    shown = replace(planned(gate), state=state)
    if outcome:
        shown = replace(shown, message=outcome.message, by=outcome.by)
    if state != "current":
        return shown
    asks = bool(outcome) or shown.kind == "approval"
    return replace(shown, asks=asks, until=until, waits_for="a decision" if outcome else _waits_for(gate))


def deadline(timers: Mapping[str, Timer], name: str) -> datetime | None:
    return timers[name].deadline if name in timers else None


def _walked(step: Step, index: int, walked: Loaded[Rollout]) -> StepView:
    rollout, now = walked.state, _state(index, walked.state)
    if gates_of(step):
        outcomes = rollout.outcomes.get(index, ())
        untils = [deadline(walked.timers, _timer(rollout, index, gate)) for gate in range(len(gates_of(step)))]
        gates = tuple(
            gate_view(gate, "skipped" if now == "done" else now, outcome_at(outcomes, i), untils[i])
            for i, gate in enumerate(gates_of(step))
        )
        return _listed(step, now, gates)
    meant = SetWeight(weight_of(rollout, step)) if isinstance(step, SetWeight) and now in ("current", "done") else step
    shown = replace(planned(meant), state=now)
    if now != "current":
        return shown
    waits = rollout.hindrance or ("the cluster" if isinstance(step, ApplyManifests) else _CLUSTER[shown.kind])
    return replace(shown, waits_for=waits, until=deadline(walked.timers, READY))


_CLUSTER = {
    "setWeight": "pods to be ready",
    "deployGreen": "pods to be ready",
    "redirectTraffic": "traffic to move",
    "shutDownOld": "the old version to end",
}


def _timer(rollout: Rollout, index: int, gate: int) -> str:
    return timer_name(rollout.target, Place("strategy", index, gate))


def _state(index: int, rollout: Rollout) -> str:
    # One that was called back before its start had come has no steps.
    if index >= len(rollout.steps) or not is_walked(rollout, index):
        return "skipped"
    if rollout.phase in _AT_FULL or index < rollout.step:
        return "done"
    if rollout.phase is Phase.PROGRESSING:
        return "current" if index == rollout.step else "pending"
    return "pending" if rollout.phase is Phase.HELD else "skipped"


def _listed(step: Step, now: str, gates: tuple[StepView, ...]) -> StepView:
    """A step that is a gate, or a list of them."""
    if not isinstance(step, AwaitGates):
        return gates[0]
    state = "failed" if any(gate.state == "failed" for gate in gates) else now
    shown = StepView(kind=step.name, state=state, gates=gates)
    if state != "current":
        return shown
    current = [gate for gate in gates if gate.state == "current"]
    words = "; ".join(gate.waits_for for gate in current)
    return replace(shown, waits_for=words, asks=any(gate.asks for gate in current))


def _waits_for(gate: Gate) -> str:
    match gate:
        case Pause(approval=None):
            return f"{span(gate.seconds or 0)} to pass"
        case Pause(approval=approval):
            roles = approval.roles if approval else ()
            return f"approval by {' or '.join(roles)}" if roles else "approval"
        case RunWebhook(name=name):
            return f"webhook {name}"
        case Analysis(queries=queries):
            return f"the analysis of {', '.join(queries)}"
