"""Does the stream agree with what clients were told? Every violation as a line; none is what must be."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from libs.analysis.machine import MACHINE as ANALYSIS
from libs.api.view import ENDED
from libs.deployment.lock import LOCK, Lock
from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.durable import record
from libs.durable.ports import Stored
from libs.messages.machine import Machine
from libs.messages.subject import Parsed, parse
from libs.rollout.machine import MACHINE as ROLLOUT
from libs.webhook.machine import MACHINE as WEBHOOK
from tests.chaos.customer import Told

_MACHINES: dict[str, Machine[Any]] = {machine.noun: machine for machine in (ANALYSIS, DEPLOYMENT, ROLLOUT, WEBHOOK)}
_ENDS = {f"evt.deployment.{phase}": phase for phase in ENDED}


def told_wrong(told: Iterable[Told]) -> Iterator[str]:
    """What clients can say by themselves."""
    for one in told:
        name = f"{one.release.kind} {one.release.key}"
        yield from (f"{name}: {wrong}" for wrong in one.wrong)
        if len(one.ids) > 1:
            yield f"{name}: one key, several deployments: {sorted(one.ids)}"
        if one.ids and not one.phases:
            yield f"{name}: {one.id} was accepted and has not ended"
        if any(phase != one.release.end for phase in one.phases):
            yield f"{name}: {one.id} must end {one.release.end}, ended {Counter(one.phases)}: {one.reason}"
        elif one.release.reason and one.phases and not any(part in one.reason for part in one.release.reason):
            yield f"{name}: {one.id} {one.release.end} for another reason: {one.reason}"


def lost(told: Sequence[Told], stream: Sequence[Stored]) -> Iterator[str]:
    """What was acknowledged, and is not in the stream as it was told."""
    ends = _ends(stream)
    for one in told:
        for deployment in sorted(one.ids):
            found = ends.get(deployment, [])
            if found != one.phases[:1]:
                yield f"{one.release.key}: {deployment} was told to be {one.phases[:1]}, the stream says {found}"


def doubled(told: Sequence[Told], stream: Sequence[Stored]) -> Iterator[str]:
    """Deployments that nobody was told of, and those that ended more than once."""
    known = {deployment for one in told for deployment in one.ids}
    ends = _ends(stream)
    for deployment in sorted({*_deployments(stream)} - known):
        yield f"{deployment} is in the stream, and no client was told of it"
    yield from (
        f"{deployment} ended {len(found)} times: {found}" for deployment, found in ends.items() if len(found) > 1
    )


def torn(stream: Sequence[Stored]) -> Iterator[str]:
    """Records are steps 1, 2, 3 …, none missing, none twice."""
    steps: dict[str, int] = defaultdict(int)
    for stored, subject in _records(stream):
        step = record.decode(stored.data).step
        if step != steps[stored.subject] + 1:
            yield f"{subject.noun} {subject.key.deployment}: step {step} follows step {steps[stored.subject]}"
        steps[stored.subject] = step


def left_over(stream: Sequence[Stored]) -> Iterator[str]:
    """Timers that are armed, machines under way, locks that are held: after the end there is none."""
    for subject, stored in _lasts(stream).items():
        if subject.noun == LOCK:
            waiting = msgspec.json.decode(stored.data, type=Lock).waiting
            yield from [f"the lock of {subject.key.deployment} lets {waiting} wait"] if waiting else []
        elif subject.noun in _MACHINES:
            yield from _unfinished(subject, stored)


def idle(stream: Sequence[Stored]) -> int:
    """Wake-ups that are still to come although no record has their timer any more: they will change nothing."""
    return sum(1 for stored in stream if stored.subject.startswith("timer."))


def _unfinished(subject: Parsed, stored: Stored) -> Iterator[str]:
    machine: Machine[Any] = _MACHINES[subject.noun]
    loaded = record.load(machine, stored)
    name = f"{subject.noun} {subject.key.deployment}"
    if not machine.is_terminal(loaded.state):
        yield f"{name} has not ended"
    if loaded.timers:
        yield f"{name} has timers: {sorted(loaded.timers)}"


def _ends(stream: Iterable[Stored]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for stored in stream:
        subject = parse(stored.subject)
        if subject.kind == "evt" and (phase := _ENDS.get(subject.address)):
            found[subject.key.deployment].append(phase)
    return found


def _deployments(stream: Iterable[Stored]) -> Iterator[str]:
    for _, subject in _records(stream):
        if subject.noun == DEPLOYMENT.noun:
            yield subject.key.deployment


def _records(stream: Iterable[Stored]) -> Iterator[tuple[Stored, Parsed]]:
    for stored in stream:
        if stored.subject.startswith("state."):
            subject = parse(stored.subject)
            if subject.noun in _MACHINES:
                yield stored, subject


def _lasts(stream: Iterable[Stored]) -> dict[Parsed, Stored]:
    return {parse(stored.subject): stored for stored in stream if stored.subject.startswith("state.")}
