import os
from pathlib import Path

import pytest

from libs.secrets.folder import MOST_BYTES, NoSecret, SecretFolder


@pytest.fixture
def folder(tmp_path: Path) -> SecretFolder:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "token").write_text("a-very-secret-token\n")
    (tmp_path / "acme" / "git.hub-key").write_text("key\r\n\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "hidden").write_text("of another tenant")
    (tmp_path / "above").write_text("not a secret")
    return SecretFolder(tmp_path)


@pytest.mark.feature("F119", "F151")
def test_value_loses_its_last_newline(folder: SecretFolder) -> None:
    assert folder.read("acme", "token").reveal() == "a-very-secret-token"
    assert folder.read("acme", "git.hub-key").reveal() == "key"


@pytest.mark.parametrize(
    "name", ["../above", "..", ".", "", "a/b", "../other/hidden", "a\0b", "token\n", "x" * 200, "a..b", ".hidden"]
)
def test_names_stay_in_the_folder(folder: SecretFolder, name: str) -> None:
    with pytest.raises(NoSecret):
        folder.read("acme", name)


@pytest.mark.parametrize("tenant", ["..", ".", "", "acme/../other", "ACME"])
def test_tenants_stay_apart(folder: SecretFolder, tenant: str) -> None:
    with pytest.raises(NoSecret):
        folder.read(tenant, "hidden")


def test_missing_secret_is_named(folder: SecretFolder) -> None:
    with pytest.raises(NoSecret, match="there is no secret 'absent'"):
        folder.read("acme", "absent")


def test_other_tenants_secret_is_missing(folder: SecretFolder) -> None:
    with pytest.raises(NoSecret, match="there is no secret"):
        folder.read("acme", "hidden")


def test_large_file_is_refused(folder: SecretFolder, tmp_path: Path) -> None:
    (tmp_path / "acme" / "large").write_bytes(b"x" * (MOST_BYTES + 1))
    with pytest.raises(NoSecret, match="longer than"):
        folder.read("acme", "large")


def test_pipe_is_not_waited_for(folder: SecretFolder, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "acme" / "pipe")
    with pytest.raises(NoSecret, match="not a regular file"):
        folder.read("acme", "pipe")


def test_bytes_are_refused(folder: SecretFolder, tmp_path: Path) -> None:
    (tmp_path / "acme" / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(NoSecret, match="is not text"):
        folder.read("acme", "binary")


@pytest.mark.feature("F50", "F119")
def test_only_named_secrets_are_read(folder: SecretFolder) -> None:
    used = folder.used("acme", ["{{ secrets.token }} {{context.owner}}", "no tag"])
    assert used.reveal() == {"secrets.token": "a-very-secret-token"}


def test_use_shows_no_value(folder: SecretFolder) -> None:
    used = folder.used("acme", ["{{secrets.token}}"])
    assert "a-very-secret-token" not in repr(used) + repr(vars(used)["_values"])
    assert used.redacted("got a-very-secret-token back") == "got *** back"


def test_too_many_names_are_refused(folder: SecretFolder) -> None:
    with pytest.raises(NoSecret, match="101 secrets"):
        folder.used("acme", [f"{{{{secrets.s{number}}}}}" for number in range(101)])
