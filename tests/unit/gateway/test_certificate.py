"""The pair of files that a gateway shows, as they change."""

import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from libs.runtime.certificates import Certificates, ensure_certificates
from services.gateway.certificate import Pair

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def made(folder: Path) -> Certificates:
    return ensure_certificates(folder, NOW)


@contextmanager
def no_file_may_be_opened() -> Iterator[None]:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, most[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, most)


def replaced(tmp_path: Path, *names: str) -> Pair:
    """A pair of whose files these are new."""
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    pair = Pair(first.certificate, first.key)
    for name in names:
        shutil.move(getattr(second, name), getattr(first, name))
    return pair


def test_new_pair_is_given_once(tmp_path: Path) -> None:
    pair = replaced(tmp_path, "certificate", "key")
    assert [pair.change() is None for _ in range(2)] == [False, True]


def test_pair_that_could_not_be_read_is_read_again(tmp_path: Path) -> None:
    pair = replaced(tmp_path, "certificate", "key")
    with no_file_may_be_opened():
        during = pair.change()
    assert (during is None, pair.change() is None) == (True, False)


def test_half_a_pair_is_none(tmp_path: Path) -> None:
    pair = replaced(tmp_path, "key")
    assert [pair.change() for _ in range(2)] == [None, None]
