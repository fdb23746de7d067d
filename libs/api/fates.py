"""What became of each target so far, as its facts tell it, and of all of them at the end. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from libs.api.view import EventView

_MOST = 10
_ORDER = {"failed": 0, "rolled_back": 1, "cancelled": 2, "succeeded": 4}


class Fate(Struct, frozen=True):
    begun: bool = False
    walked: bool = False
    """Its rollout has begun a step."""
    first: bool = False
    """There was no version before."""
    has_new: bool = False
    """The new version has everything."""
    workloads: bool = True
    """It has pods of ours, and so versions."""
    over: bool = False
    """Its rollout has told its end."""
    untouched: bool = False
    phase: str = ""
    """How it ended; empty as long as it has not."""


def heard(fate: Fate, event: EventView) -> Fate:
    data = event.data
    match event.type:
        case "evt.deployment.target-started":
            return replace(fate, begun=True)
        case "evt.deployment.target-ended":
            return replace(fate, phase=str(data.get("phase", "")))
        case "evt.rollout.step-started":
            return replace(fate, walked=True, first=fate.first or bool(data.get("alone")))
        case "evt.rollout.landed":
            return replace(fate, has_new=True, workloads=bool(data.get("replica_sets")))
        case "evt.rollout.returning":
            return replace(fate, has_new=False)
        case "evt.rollout.rolled-back":
            first, untouched = bool(data.get("first")), bool(data.get("untouched"))
            return replace(fate, over=True, first=first, untouched=untouched)
        case "evt.rollout.succeeded":
            return replace(fate, over=True)
        case _:
            return fate


def fates_words(fates: Mapping[str, Fate]) -> str:
    """`staging was rolled back, eu and us never began`: the worst first."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name, fate in sorted(fates.items(), key=lambda pair: _ORDER.get(pair[1].phase, 3)):
        alike.setdefault(_words(fate), []).append(name)
    return ", ".join(f"{_listed(names)} {words[len(names) > 1]}" for words, names in alike.items() if words[0])


def _words(fate: Fate) -> tuple[str, str]:
    """For one target, for several."""
    kept = (" and keeps the new version", " and keep the new version") if fate.has_new else ("", "")
    match fate.phase:
        case "rolled_back" if fate.untouched:
            return "was not changed", "were not changed"
        case "rolled_back" if fate.first:
            return "was taken away again", "were taken away again"
        case "rolled_back":
            return "was rolled back", "were rolled back"
        case "cancelled" if not fate.begun:
            return "never began", "never began"
        case "cancelled":
            return f"was cancelled{kept[0]}", f"were cancelled{kept[1]}"
        case "failed":
            return f"failed{kept[0]}", f"failed{kept[1]}"
        case phase:
            return phase, phase


def _listed(names: Sequence[str]) -> str:
    shown = (*names[:_MOST], f"{len(names) - _MOST} more") if len(names) > _MOST else tuple(names)
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)
