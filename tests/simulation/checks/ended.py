"""What has to hold when a run is over: one end each, histories without gaps, the cluster as recorded, nothing left."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from libs.analysis.machine import MACHINE as ANALYSIS
from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.deployment.state import Deployment, is_terminal
from libs.durable.replay import BrokenHistory, replay
from libs.messages.codec import decode, decode_envelope
from libs.messages.machine import Machine
from libs.messages.message import Message
from libs.messages.rollout import RolloutSucceeded, StepEnded, StepStarted
from libs.messages.subject import Key, parse, state_filter
from libs.plan.model import Pause, Step
from libs.rollout.machine import MACHINE as ROLLOUT
from libs.webhook.machine import MACHINE as WEBHOOK
from libs.workload.kinds.objects import text
from sandbox.state.store import Event
from services.intake.accepting.acceptance import SUBMISSION
from tests.simulation.checks.told import told_problems
from tests.simulation.checks.witness import Witness
from tests.simulation.world.people import Handed, People
from tests.simulation.world.releases import Release
from tests.simulation.world.world import World

MACHINES: tuple[Machine[Any], ...] = (DEPLOYMENT, ROLLOUT, WEBHOOK, ANALYSIS)
EARLY = timedelta(seconds=1)
_ENDS = ("succeeded", "failed", "cancelled")
_DISTURBING = {"abort", "advance", "pause", "reject", "rollback"}


async def ended_problems(world: World, people: People, witness: Witness) -> list[str]:
    states = {handed.key.deployment: await people.state(handed.key) for handed in people.handed}
    return [
        *_one_end_each(world, people, states),
        *_one_for_each_key(world, people),
        *_histories(world),
        *_no_epoch_goes_back(world),
        *_pauses_last(world),
        *told_problems(world),
        *_settings_as_recorded(world, people),
        *_as_recorded(world, witness),
        *_nothing_left(world),
        *_as_expected(world, people, states),
    ]


def _one_end_each(world: World, people: People, states: dict[str, Deployment]) -> Iterator[str]:
    """INV-01."""
    for key, state in states.items():
        ends = Counter(name for name in _ENDS for _ in world.broker.stored([f"evt.*.deployment.{name}.*.{key}.*"], 0))
        if ends.total() != 1 or not is_terminal(state) or not ends[str(state.phase)]:
            yield f"INV-01 deployment {key[:8]} is {state.phase} and ended {dict(ends)}"


def _one_for_each_key(world: World, people: People) -> Iterator[str]:
    """INV-02 and INV-03: what was accepted is there, once for each idempotency key."""
    kept = {parse(stored.subject).key.deployment for stored in world.broker.lasts([state_filter(SUBMISSION)])}
    told = {handed.key.deployment for handed in people.handed}
    if lost := told - kept:
        yield f"INV-02 accepted and not there: {sorted(lost)}"
    if extra := kept - told:
        yield f"INV-03 there, and nobody was told of it: {sorted(extra)}"


def _histories(world: World) -> Iterator[str]:
    """INV-04: steps without a gap, each decided the same by this code."""
    for machine in MACHINES:
        by_subject: dict[str, list[Any]] = {}
        for stored in world.broker.stored([state_filter(machine.noun)], 0):
            by_subject.setdefault(stored.subject, []).append(stored)
        for subject, records in by_subject.items():
            try:
                replay(machine, records)
            except BrokenHistory as error:
                yield f"INV-04 {subject}: {error}"


def _no_epoch_goes_back(world: World) -> Iterator[str]:
    """INV-05 and INV-07: by the marks on the objects."""
    for (_, name), epochs in world.cluster.marks.items():
        if epochs != sorted(epochs):
            yield f"INV-07 {name}: epochs {epochs}"


def _pauses_last(world: World) -> Iterator[str]:
    """INV-11 and INV-13: steps end after they began, and no pause is shorter than it says, unless a person ended it."""
    began: dict[tuple[Key, int], tuple[datetime, Step]] = {}
    advanced = {parse(one.subject).key for one in world.broker.stored(["cmd.*.rollout.advance.>"], 0)}
    for stored in world.broker.stored(["evt.*.rollout.step-started.>", "evt.*.rollout.step-ended.>"], 0):
        key, fact = parse(stored.subject).key, _fact(stored.data)
        if isinstance(fact, StepStarted):
            began[(key, fact.step)] = (stored.at, fact.what)
        elif isinstance(fact, StepEnded) and (key, fact.step) not in began:
            yield f"INV-11 step {fact.step} ended before it began"
        elif isinstance(fact, StepEnded) and key not in advanced:
            at, step = began[(key, fact.step)]
            lasted = stored.at - at
            if isinstance(step, Pause) and step.seconds and lasted + EARLY < timedelta(seconds=step.seconds):
                yield f"INV-13 a pause of {step.seconds} s lasted {lasted.total_seconds():.1f} s"


def _as_recorded(world: World, witness: Witness) -> Iterator[str]:
    """INV-10 and INV-25: each namespace runs the last version that succeeded there, and nothing else."""
    witness.catch_up()
    expected = {f"{space} {one.image}": one.replicas for space, one in witness.served.items()}
    live = world.cluster.live()
    if live != expected:
        yield f"INV-25 the cluster runs {live}, and {expected} is recorded"


def _settings_as_recorded(world: World, people: People) -> Iterator[str]:
    """INV-10: a ConfigMap is of the last release that succeeded with one, as before any that did not."""
    expected: dict[str, str] = {}
    releases = {one.key.deployment: one.release for one in people.handed if _has_settings(one.release)}
    told: set[Key] = set()
    for stored in world.broker.stored(["evt.*.rollout.succeeded.>"], 0):
        fact, key = _fact(stored.data), parse(stored.subject).key
        if isinstance(fact, RolloutSucceeded) and key.deployment in releases and key not in told:
            expected[fact.target] = str(releases[key.deployment].number)
        told.add(key)
    live = _settings(world)
    if live != expected:
        yield f"INV-10 the ConfigMaps are of {live}, and of {expected} is recorded"


def _settings(world: World) -> dict[str, str]:
    return {
        event.ref.namespace: text(event.value, "data", "of")
        for event in _held(world)
        if event.ref.resource.startswith("configmaps")
    }


def _held(world: World) -> list[Event]:
    """What is there now."""
    events: list[Event] = []
    world.cluster.listen(events.append)
    return list(events)


def _has_settings(release: Release) -> bool:
    return any('"ConfigMap"' in text for texts in release.request.files.values() for text in texts)


def _nothing_left(world: World) -> Iterator[str]:
    """INV-27, but for reminders of timers that nobody waits for any more: they come in their time, and say nothing."""
    left = {name: sorted(one.unacknowledged) for name, one in world.broker.consumers.items() if one.unacknowledged}
    if left:
        yield f"INV-27 never acknowledged: {left}"


def _as_expected(world: World, people: People, states: dict[str, Deployment]) -> Iterator[str]:
    """What never gets ready never succeeds; what is good and disturbed by nothing does."""
    for handed in people.handed:
        state = states[handed.key.deployment]
        phase = str(state.phase)
        if not handed.release.is_good and phase == "succeeded":
            yield f"release {handed.release.number} succeeded, and its pods are never ready"
        if phase != "succeeded" and _was_undisturbed(world, people, handed):
            yield f"release {handed.release.number} {phase}, and nothing disturbed it: {state.reason}"


def _was_undisturbed(world: World, people: People, handed: Handed) -> bool:
    is_calm = not world.chance.injected and not people.disturbs and not _DISTURBING & set(handed.orders)
    return is_calm and handed.release.is_good and handed.release.temper == "diligent"


def _fact(data: bytes) -> Message:
    envelope = decode_envelope(data)
    return decode(envelope.type, envelope.data)
