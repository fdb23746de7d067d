from pathlib import Path

import pytest

from tools import tiers
from tools.kubernetes.programs import ASSETS


@pytest.fixture(autouse=True)
def _without_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(ASSETS, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize("ci", ["", "true"])
def test_tier_without_its_programs_is_left_out(monkeypatch: pytest.MonkeyPatch, ci: str) -> None:
    monkeypatch.setenv("CI", ci)
    assert "no go on the PATH" in tiers.lacking("cluster")
    assert not tiers.lacking("unit")


@pytest.mark.parametrize(("ci", "is_left_out"), [("", True), ("true", False)])
def test_tier_that_could_run_is_run_in_ci(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ci: str, is_left_out: bool
) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\necho 'no network' >&2\nexit 1\n")
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("CI", ci)
    assert bool(tiers.lacking("cluster")) is is_left_out
