"""From a cluster's journal to how long a rollout stood still."""

from collections.abc import Iterable

from tests.bench.cluster_child import Published
from tests.bench.step import standstills


def wrote(at: float, name: str) -> Published:
    return Published(at, "shop", name, is_write=True, is_whole=False, is_gone=False)


def told(at: float, name: str, *, is_whole: bool = True) -> Published:
    return Published(at, "shop", name, is_write=False, is_whole=is_whole, is_gone=False)


def removed(at: float, name: str) -> Published:
    return Published(at, "shop", name, is_write=True, is_whole=True, is_gone=True)


def waits(*journal: Published, since: int = 0) -> Iterable[float]:
    return standstills(enumerate(journal), since)


def test_the_wait_begins_when_all_are_whole() -> None:
    journal = wrote(1, "new"), wrote(1, "old"), told(2, "new"), told(4, "old"), wrote(7, "new")
    assert waits(*journal) == [3]


def test_news_while_waiting_changes_nothing() -> None:
    assert waits(wrote(1, "new"), told(2, "new"), told(3, "new"), wrote(7, "new")) == [5]


def test_writes_before_readiness_are_no_waits() -> None:
    assert waits(wrote(1, "new"), told(2, "new", is_whole=False), wrote(3, "new")) == []


def test_what_is_gone_holds_nothing_up() -> None:
    assert waits(wrote(1, "old"), removed(2, "old"), wrote(3, "new"), told(4, "new"), wrote(6, "new")) == [2]


def test_earlier_versions_do_not_count() -> None:
    journal = wrote(1, "new"), told(2, "new"), wrote(3, "new"), told(4, "new"), wrote(5, "new")
    assert waits(*journal, since=3) == [1]
