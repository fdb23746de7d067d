"""What undoing a deployment means: which earlier success comes back, and to which targets. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from libs.api.view import DeploymentView

MOST_LOOKED_AT = 50
"""How many earlier successes are looked at; what ran before those is for a person to name."""

_REACHED = frozenset({"deploying", "after", "landed", "succeeded", "returning", "rolled_back"})


class Success(Struct, frozen=True):
    """An earlier deployment that ended well, and the targets that it went to."""

    deployment: str
    targets: tuple[str, ...]


class Undo(Struct, frozen=True):
    """Deploy this one again, to these targets."""

    deployment: str
    targets: tuple[str, ...]


class NotUndone(Exception):
    """There is no one deployment to go back to; the text says why, and what a person can do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def touched(view: DeploymentView) -> tuple[str, ...]:
    """The targets that a deployment began to change, in the file's order: not those that it never came to."""
    return tuple(target.name for target in view.targets if target.rollout is not None or target.phase in _REACHED)


def undone(view: DeploymentView, wanted: Sequence[str] | None, earlier: Sequence[Success]) -> Undo:
    """`wanted`: only these of the touched targets; `earlier`: the successes before, newest first.

    Raises `NotUndone`.
    """
    targets = _asked(view, wanted)
    came_from = {name: _last_to(name, earlier) for name in targets}
    if never := [name for name, before in came_from.items() if not before]:
        what = f"{view.application} has no successful deployment to {_listed(never)} before {view.id}"
        left = [name for name in targets if name not in never]
        raise NotUndone("nothing_to_undo", what + (f"; name the other targets: {_listed(left)}" if left else ""))
    if len(sources := dict.fromkeys(came_from.values())) > 1:
        ways = "; ".join(f"{_listed([n for n in targets if came_from[n] == one])} ran {one}" for one in sources)
        raise NotUndone("several_to_undo", f"the targets ran different deployments before: {ways}. Name one's targets")
    return Undo(came_from[targets[0]], targets)


def _asked(view: DeploymentView, wanted: Sequence[str] | None) -> tuple[str, ...]:
    found = touched(view)
    if not found:
        raise NotUndone("nothing_to_undo", f"{view.id} changed no target")
    if unknown := [name for name in wanted or () if name not in found]:
        raise NotUndone("nothing_to_undo", f"{view.id} did not change {_listed(unknown)}, but {_listed(found)}")
    return tuple(name for name in found if name in wanted) if wanted else found


def _last_to(target: str, earlier: Sequence[Success]) -> str:
    return next((one.deployment for one in earlier if target in one.targets), "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
