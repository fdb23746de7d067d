"""Who may write to an object: the rollout's annotation on it, `<epoch number>.<process>.<goal number>.<write number>`.

Every write that moves capacity tests the value last read and replaces it with the next one. So a late request and a
process that was taken over change nothing, and each repeat is refused. A goal is committed before anything is written
for it: a mark of a later one than the record's says that the record has gone back in time.
"""

import re
from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from libs.workload.kinds.naming import Marks, rollout_annotation, rollout_annotations
from libs.workload.kinds.objects import Object, annotation

MARKS_KEPT = 4

# Where no goal stands, an earlier release wrote it.
_MARK = re.compile(r"(?P<epoch>[0-9]{1,18})\.(?P<process>.*?)(\.(?P<goal>[0-9]{1,18}))?\.(?P<write>[0-9]{1,18})")


class Fence(Struct, frozen=True):
    """The epoch that a process committed before it wrote anything, and for which goal it writes. Epochs start at 1."""

    epoch: int
    process: str
    goal: int


class Standing(Enum):
    """What an object's annotation says to the holder of a fence."""

    UNMARKED = "unmarked"
    OURS = "ours"
    OLDER = "older"
    NEWER = "newer"


def standing(value: Object, marks: Marks, fence: Fence) -> Standing:
    mark = annotation(value, rollout_annotation(marks))
    if not mark:
        return Standing.UNMARKED
    epoch, process, goal, _ = _parse(mark)
    if goal > fence.goal:
        return Standing.NEWER
    if (epoch, process) == (fence.epoch, fence.process):
        return Standing.OURS
    # One number is committed by one process only; the same number under another name is not ours to write over.
    return Standing.OLDER if epoch < fence.epoch else Standing.NEWER


def must_claim(value: Object, marks: Marks, fence: Fence) -> bool:
    """An older epoch may have writes under way. One claim on each object refuses them before anything is decided, even
    that nothing is left to do. In the first epoch nobody was before us: the first change is the claim.
    """
    found = standing(value, marks, fence)
    return found is Standing.OLDER or (found is Standing.UNMARKED and fence.epoch > 1)


def ended_marks(annotations: Mapping[str, object]) -> tuple[str, ...]:
    """The marks on an object that the first write of a new rollout takes away.

    One that a later epoch left stays for a while: its rollout was taken over, and the process that had it before may
    have been stopped and wake up. A few are enough, since who was stopped asks the bus first.
    """
    names = rollout_annotations(annotations)
    taken_over = [name for name in names if _parse(str(annotations[name]))[0] > 1]
    return tuple(name for name in names if name not in taken_over[:MARKS_KEPT])


def following(mark: str, fence: Fence) -> str:
    """The value that the next write leaves behind."""
    epoch, process, _, write = _parse(mark)
    count = write + 1 if (epoch, process) == (fence.epoch, fence.process) else 1
    return f"{fence.epoch}.{fence.process}.{fence.goal}.{count}"


def _parse(mark: str) -> tuple[int, str, int, int]:
    """Text that a person put there counts as the oldest: the write that replaces it still tests for it."""
    found = _MARK.fullmatch(mark)
    if found is None:
        return 0, "", 0, 0
    return int(found["epoch"]), found["process"], int(found["goal"] or 0), int(found["write"])
