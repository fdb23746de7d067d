"""A small file that is replaced: whole, private, and whoever else writes it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from libs.runtime.whole import drafted, write_whole


def test_file_is_replaced_and_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "file"
    write_whole(path, b"a")
    write_whole(path, b"b")
    found = [(one.name, one.stat().st_mode & 0o777, one.read_bytes()) for one in path.parent.iterdir()]
    assert found == [("file", 0o600, b"b")]


def test_who_writes_at_the_same_time_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with drafted(path, b"slow") as draft:
        write_whole(path, b"fast")
        draft.replace(path)
    assert path.read_bytes() == b"slow"


def fails(path: Path) -> None:
    path.mkdir()
    write_whole(path, b"a")


def given_up(path: Path) -> None:
    with drafted(path, b"a"):
        raise OSError("the caller's own")


@pytest.mark.parametrize("write", [fails, given_up])
def test_failure_leaves_no_draft(tmp_path: Path, write: Callable[[Path], None]) -> None:
    with pytest.raises(OSError):
        write(tmp_path / "file")
    assert [one.name for one in tmp_path.iterdir() if one.name != "file"] == []
