"""Which objects a create that nobody waits for may still make."""

import pytest

from libs.workload.dialogue.wanted import Seen
from libs.workload.kinds.naming import AGAIN, CLOSED, FIRST_APPLY, ONLY
from libs.workload.kinds.objects import Object, identity
from services.executor.late import LATEST_SECONDS, Late
from tests.clock import VirtualClock
from tests.unit.workload.build import settings

PLACE = identity(settings())
NEW = (PLACE,)
UNREAD, NOT_THERE = Seen({}, {}), Seen({PLACE: None}, {})


def made(first: str | None) -> Seen:
    live: Object = settings()
    live["metadata"]["annotations"] = {} if first is None else {FIRST_APPLY: first}
    return Seen({PLACE: live}, {})


@pytest.mark.parametrize(
    ("seen", "may_come"),
    [
        (UNREAD, True),
        (NOT_THERE, True),
        (made(AGAIN), True),
        (made(CLOSED), True),
        (made(ONLY), False),
        (made(None), False),
    ],
)
def test_earlier_epoch_may_have_asked(seen: Seen, may_come: bool) -> None:
    late = Late(VirtualClock())
    late.inherit()
    assert (PLACE in late.among(NEW, seen)) is may_come


def test_what_was_made_since_came_from_ourselves() -> None:
    late = Late(VirtualClock())
    late.inherit()
    late.among(NEW, NOT_THERE)
    assert late.among(NEW, made(ONLY)) == {PLACE}


def test_first_epoch_knows_of_its_own_creates_alone() -> None:
    late = Late(VirtualClock())
    assert late.among(NEW, NOT_THERE) == frozenset()
    late.lose(PLACE)
    assert late.among((), made(ONLY)) == {PLACE}


@pytest.mark.parametrize("seconds", [LATEST_SECONDS - 1, LATEST_SECONDS])
async def test_none_comes_for_ever(seconds: float) -> None:
    clock = VirtualClock()
    inherited, lost = Late(clock), Late(clock)
    inherited.inherit()
    lost.lose(PLACE)
    await clock.advance(seconds)
    found = [one.among(NEW, NOT_THERE) for one in (inherited, lost)]
    assert found == [frozenset() if seconds == LATEST_SECONDS else {PLACE}] * 2


@pytest.mark.parametrize(("firsts", "may_come"), [((False, True), True), ((True, False), False)])
def test_only_the_first_look_tells_who_was_there_before(firsts: tuple[bool, ...], may_come: bool) -> None:
    late = Late(VirtualClock())
    for is_first in firsts:
        late.begin(is_first=is_first)
    assert (PLACE in late.among(NEW, NOT_THERE)) is may_come
