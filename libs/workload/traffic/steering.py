"""Pointing one Service: what to send until it selects what is wanted, and whether it may be written to at all."""

from libs.workload.dialogue.fence import Standing, must_claim, standing
from libs.workload.dialogue.outlook import CLEAR, Outlook
from libs.workload.dialogue.requests import claim, point, read
from libs.workload.dialogue.wanted import Problem, Seen, Stage, Steered, Superseded, Wanted
from libs.workload.kinds.naming import STEERED_BY, Marks, rollout_annotation, steerer
from libs.workload.kinds.objects import annotation, is_leaving, table
from libs.workload.traffic.selectors import Selector


def obstacle(wanted: Wanted, service: Steered, seen: Seen) -> Superseded | Problem | None:
    """Why nothing may be written to this Service; None where it may."""
    live = seen.objects.get(service.identity)
    if live is None:
        is_gone = service.identity in seen.objects and wanted.stage is Stage.SWAP
        return Problem(f"{service.identity} is gone: somebody deleted it during the rollout") if is_gone else None
    if standing(live, wanted.marks, wanted.fence) is Standing.NEWER:
        return Superseded(service.identity, annotation(live, rollout_annotation(wanted.marks)))
    by = annotation(live, STEERED_BY)
    if by and by != steerer(wanted.marks):
        return Problem(f"{service.identity} is steered by another rollout now ({by})")
    return None


def opened(wanted: Wanted, service: Steered, seen: Seen) -> Outlook:
    """Read, and claimed where an older epoch may still write."""
    if service.identity not in seen.objects:
        return Outlook(requests=(read("v1", service.identity),))
    live = seen.objects[service.identity]
    if live is None or is_leaving(live) or not must_claim(live, wanted.marks, wanted.fence):
        return CLEAR
    return Outlook(requests=(claim(live, wanted.marks, wanted.fence),))


def is_pointed(service: Steered, selector: Selector, seen: Seen) -> bool:
    return bool(table(seen.objects.get(service.identity), "spec", "selector") == selector)


def is_held(service: Steered, marks: Marks, seen: Seen) -> bool:
    """This rollout has pointed it and not let go of it yet."""
    return annotation(seen.objects.get(service.identity), STEERED_BY) == steerer(marks)


def pointed(wanted: Wanted, service: Steered, selector: Selector, seen: Seen) -> Outlook:
    """Lead it there and hold it."""
    return _pointed(wanted, service, selector, seen, steerer(wanted.marks))


def let_go(wanted: Wanted, service: Steered, selector: Selector, seen: Seen) -> Outlook:
    """Leave it so; what this rollout never touched stays as it is."""
    if not is_held(service, wanted.marks, seen):
        return CLEAR
    return _pointed(wanted, service, selector, seen, None)


def _pointed(wanted: Wanted, service: Steered, selector: Selector, seen: Seen, by: str | None) -> Outlook:
    live = seen.objects.get(service.identity)
    if live is None or is_leaving(live):
        return CLEAR
    if is_pointed(service, selector, seen) and (annotation(live, STEERED_BY) or None) == by:
        return CLEAR
    return Outlook(requests=(point(live, selector, by, wanted.marks, wanted.fence),))
