"""What was there before a rollout changed anything: the stable version, and every object as it was."""

from msgspec import Struct

from libs.messages.rollout import Workload
from libs.workload.naming import Marks
from libs.workload.objects import Object
from libs.workload.wanted import Problem, Request, Seen, Snapshot


class Survey(Struct, frozen=True):
    workloads: tuple[Workload, ...]
    snapshot: Snapshot


def survey_requests(objects: tuple[Object, ...], seen: Seen) -> tuple[Request, ...]:
    """Reads that a survey still lacks. Send them, put the answers into `seen`, ask again until there are none."""
    raise NotImplementedError


def survey(objects: tuple[Object, ...], seen: Seen, marks: Marks) -> Survey | Problem:
    """Call when `survey_requests` is empty and before anything is written."""
    raise NotImplementedError
