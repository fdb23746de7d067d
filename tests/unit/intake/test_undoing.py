"""Which earlier success an undo brings back, and to which targets."""

from datetime import UTC, datetime

import pytest
from msgspec import Struct

from libs.api.view import DeploymentView, RolloutView, TargetView
from services.intake.accepting.undoing import NotUndone, Success, Undo, touched, undone

AT = datetime(2026, 5, 1, tzinfo=UTC)


def a_view(**phases: str) -> DeploymentView:
    """A deployment of these targets, each with its phase; `+` marks a rollout that had begun."""
    targets = tuple(
        TargetView(
            name=name,
            agent="a",
            phase=phase.removesuffix("+"),
            rollout=RolloutView("failed") if phase.endswith("+") else None,
        )
        for name, phase in phases.items()
    )
    return DeploymentView(
        id="d9", application="shop", phase="failed", revision=1, by="ann", started_at=AT, targets=targets
    )


def success(name: str, *targets: str) -> Success:
    return Success(name, targets)


ALL = a_view(staging="succeeded", prod="succeeded")
ONE = a_view(staging="succeeded")


class Case(Struct, frozen=True):
    view: DeploymentView
    earlier: tuple[Success, ...]
    expected: Undo | str
    """The code, where it is refused."""
    wanted: tuple[str, ...] | None = None


BOTH = success("d1", "staging", "prod")

CASES = {
    "all after all": Case(ALL, (BOTH,), Undo("d1", ("staging", "prod"))),
    "one after all": Case(ONE, (BOTH,), Undo("d1", ("staging",))),
    "newest success that went there": Case(
        ONE,
        (success("d3", "prod"), success("d2", "staging"), BOTH),
        Undo("d2", ("staging",)),
    ),
    "not come to prod": Case(a_view(staging="rolled_back", prod="waiting"), (BOTH,), Undo("d1", ("staging",))),
    "refused before it began": Case(a_view(staging="succeeded", prod="failed"), (BOTH,), Undo("d1", ("staging",))),
    "failed under way": Case(
        a_view(staging="succeeded", prod="failed+"),
        (BOTH,),
        Undo("d1", ("staging", "prod")),
    ),
    "cancelled before it began": Case(a_view(prod="cancelled"), (success("d1", "prod"),), "nothing_to_undo"),
    "first one": Case(ONE, (), "nothing_to_undo"),
    "first one of a new target": Case(ALL, (success("d1", "staging"),), "nothing_to_undo"),
    "old target of a first one": Case(ALL, (success("d1", "staging"),), Undo("d1", ("staging",)), ("staging",)),
    "each from another": Case(ALL, (success("d2", "prod"), success("d1", "staging")), "several_to_undo"),
    "one of each from another": Case(
        ALL, (success("d2", "prod"), success("d1", "staging")), Undo("d1", ("staging",)), ("staging",)
    ),
    "wanted and not touched": Case(ONE, (BOTH,), "nothing_to_undo", ("prod",)),
    "in the file's order": Case(
        ALL, (success("d1", "prod", "staging"),), Undo("d1", ("staging", "prod")), ("prod", "staging")
    ),
    "new selection of none means all": Case(ONE, (success("d1", "staging"),), Undo("d1", ("staging",)), ()),
}


@pytest.mark.parametrize("name", CASES)
def test_undo_returns_what_was_touched(name: str) -> None:
    case = CASES[name]
    try:
        found: Undo | str = undone(case.view, case.wanted, case.earlier)
    except NotUndone as refused:
        found = refused.code
    assert found == case.expected


def test_several_sources_are_told_apart() -> None:
    with pytest.raises(NotUndone, match="staging ran d1; prod ran d2"):
        undone(ALL, None, (success("d2", "prod"), success("d1", "staging")))


def test_target_without_past_is_named() -> None:
    with pytest.raises(NotUndone, match="to prod before d9; name the other targets: staging"):
        undone(ALL, None, (success("d1", "staging"),))


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("waiting", False),
        ("before", False),
        ("cancelled", False),
        ("failed", False),
        ("deploying", True),
        ("after", True),
        ("landed", True),
        ("succeeded", True),
        ("returning", True),
        ("rolled_back", True),
        ("cancelled+", True),
    ],
)
def test_touched_is_what_began(phase: str, expected: bool) -> None:
    assert bool(touched(a_view(prod=phase))) is expected
