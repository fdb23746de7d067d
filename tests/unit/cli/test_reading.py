"""A file that a person named is read whole, or refused in words."""

import os
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from cli.exits import Stop
from cli.files.reading import STDIN, text_of

MOST = 9


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.yml"


def test_text_fills_the_limit(file: Path) -> None:
    file.write_text("größer\n")
    assert text_of(str(file), MOST) == "größer\n"


@pytest.mark.parametrize(
    ("content", "words"), [(b"0123456789", "is larger than 9 bytes"), (b"\xff", "is not UTF-8 text")]
)
def test_wrong_content_is_refused(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)
    with pytest.raises(Stop, match=words):
        text_of(str(file), MOST)


def test_standard_input_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"0123456789")))
    with pytest.raises(Stop, match="standard input is larger than 9 bytes"):
        text_of(STDIN, MOST)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("", "is a folder"), ("pipe", "is not a regular file"), ("absent", "cannot be read")):
        with pytest.raises(Stop, match=words):
            text_of(str(tmp_path / name), MOST)
