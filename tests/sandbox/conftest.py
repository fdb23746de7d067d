"""One sandbox for each test module, and a namespace for each test."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.sandbox.process import Kubectl, sandbox_process

_numbers = count(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with sandbox_process(folder) as (_, url):
        yield url


@pytest.fixture
def kubectl(folder: Path, url: str) -> Kubectl:
    return Kubectl(folder)


@pytest.fixture
def namespace(kubectl: Kubectl) -> str:
    name = f"test-{next(_numbers)}"
    kubectl.output("create", "namespace", name)
    return name
