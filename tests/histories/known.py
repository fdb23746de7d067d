"""Which fields everything stored has today: what is compared of a history is what its release knew."""

import typing
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from libs.analysis.machine import MACHINE as ANALYSIS
from libs.deployment.lock import LOCK, Lock
from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.messages.codec import MESSAGES
from libs.messages.machine import Machine
from libs.rollout.machine import MACHINE as ROLLOUT
from libs.webhook.machine import MACHINE as WEBHOOK
from services.intake.accepting.acceptance import SUBMISSION, Submission

MACHINES: dict[str, Machine[Any]] = {one.noun: one for one in (DEPLOYMENT, ROLLOUT, WEBHOOK, ANALYSIS)}

RECORDS: dict[str, type[Struct]] = {LOCK: Lock, SUBMISSION: Submission}
"""What is stored beside the machines: it is only read."""

Fields = dict[str, tuple[str, ...]]


def known() -> dict[str, Fields]:
    """By noun and by address."""
    roots = {noun: machine.state for noun, machine in MACHINES.items()} | RECORDS | dict(MESSAGES)
    return {name: fields_of(root) for name, root in sorted(roots.items())}


def fields_of(root: type[Struct]) -> Fields:
    """By structure, of everything that one holds."""
    found = {one.__name__: one for one in _structures(root, set())}
    return {name: tuple(field.name for field in msgspec.structs.fields(one)) for name, one in sorted(found.items())}


def _structures(annotation: Any, seen: set[Any]) -> Iterator[type[Struct]]:
    if annotation in seen:
        return
    seen.add(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        yield annotation
        for hint in typing.get_type_hints(annotation).values():
            yield from _structures(hint, seen)
    for argument in typing.get_args(annotation):
        if not isinstance(argument, (str, int, bytes, type(...))):
            yield from _structures(argument, seen)
