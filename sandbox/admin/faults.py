"""Which requests and watches must go wrong next? Faults as data, each with the number of times it still applies."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from sandbox.api.call import Call
from sandbox.simulation.behaviour import PodFault

MOST_FAULTS = 1000


class RequestFault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For the next `times` requests that match: wait, then answer `code` (0: as usual).

    For a watch, 410 is an ERROR event. With `after` the request is carried out first and only its answer is lost.
    """

    verb: str = "*"
    resource: str = "*"
    namespace: str = "*"
    name: str = "*"
    user_agent: str = "*"
    code: int = 0
    delay_seconds: float = 0.0
    after: bool = False
    times: int = 1


class Faults(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that is set to go wrong; what a person posts and reads back."""

    requests: tuple[RequestFault, ...] = ()
    pods: tuple[PodFault, ...] = ()


def next_fault(faults: Faults, call: Call, user_agent: str) -> tuple[RequestFault | None, Faults]:
    """The first fault that applies, and what is left after it has."""
    for place, fault in enumerate(faults.requests):
        if fault.times > 0 and _matches(fault, call, user_agent):
            left = replace(fault, times=fault.times - 1)
            requests = _without(faults.requests, place) + ((left,) if left.times else ())
            return fault, replace(faults, requests=tuple(requests))
    return None, faults


def _without(faults: Iterable[RequestFault], place: int) -> tuple[RequestFault, ...]:
    return tuple(fault for at, fault in enumerate(faults) if at != place)


def _matches(fault: RequestFault, call: Call, user_agent: str) -> bool:
    pairs = (
        (call.verb, fault.verb),
        (call.kind.resource, fault.resource),
        (call.namespace, fault.namespace),
        (call.name, fault.name),
        (user_agent, fault.user_agent),
    )
    return all(fnmatchcase(value, pattern) for value, pattern in pairs)
