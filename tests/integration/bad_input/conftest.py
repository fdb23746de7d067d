"""Ports in memory and an intake on them, which serve row after row until one of them changes what they keep."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.bad_input.background import Background
from tests.integration.bad_input.folder import prepared
from tests.integration.bad_input.standing import Standing


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    background = Background()
    background.start()
    yield background
    background.stop()


@pytest.fixture(scope="session")
def standing(background: Background) -> Iterator[Standing]:
    standing = Standing(background)
    yield standing
    standing.leave()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("files"))
