"""What runs of gates share: a webhook or an analysis that one gate of one target asked for."""

from typing import ClassVar

from msgspec import Struct

from libs.messages.message import TargetMessage


class Place(Struct, frozen=True):
    """Which gate of a target."""

    stage: str
    """`before`, `strategy` or `after`."""
    step: int
    """Index in the list of constraints, or among the strategy's steps."""
    gate: int = 0
    """Index in the list that a step holds; 0 where it holds one."""


NOWHERE = Place(stage="", step=0)
"""Of a run that does not exist yet."""


class GateMessage(TargetMessage, frozen=True, kw_only=True):
    """A run's fact, told to the target whose gate it is."""

    address: ClassVar[str]
    place: Place


class Subject(Struct, frozen=True, omit_defaults=True):
    """What a run is about: everything its templates may name."""

    application: str
    target: str
    agent: str
    namespace: str
    replica_sets: tuple[str, ...] = ()
    """The new versions, once they are known."""
    context: dict[str, str] = {}
    """The gate's own, over that of the definitions."""


NOTHING = Subject(application="", target="", agent="", namespace="")
"""Of a run that does not exist yet."""


def run_name(target: str, place: Place) -> str:
    return f"{place.stage}/{place.step}/{place.gate}/{target}"
