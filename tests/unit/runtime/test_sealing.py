"""The sealing key: given, or made once and kept to oneself."""

import base64
from pathlib import Path
from random import Random

import pytest

from libs.runtime.process import CannotStart
from libs.runtime.sealing import sealing_key, write_private
from libs.runtime.secret import Secret
from libs.runtime.settings import ProcessSettings


def test_key_is_made_once(tmp_path: Path) -> None:
    settings = ProcessSettings(state_dir=tmp_path / "state")
    first = sealing_key(settings, Random(1))
    assert len(first) == 32
    assert sealing_key(settings, Random(2)) == first


def test_key_file_is_private(tmp_path: Path) -> None:
    sealing_key(ProcessSettings(state_dir=tmp_path), Random(1))
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [("sealing-key", 0o600)]


def test_given_key_counts(tmp_path: Path) -> None:
    settings = ProcessSettings(state_dir=tmp_path, sealing_key=Secret(base64.b64encode(bytes(32)).decode()))
    assert sealing_key(settings, Random(1)) == bytes(32)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(bytes(31)).decode(), "*" * 44])
def test_wrong_key_stops_the_start(text: str, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="expected 32 bytes in base64"):
        sealing_key(ProcessSettings(state_dir=tmp_path, sealing_key=Secret(text)), Random(1))


def test_private_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert (write_private(path, b"a"), write_private(path, b"b"), path.read_bytes()) == (True, False, b"a")
