"""BI-283, BI-286: the command line where there is no terminal, no language, no room, and nobody who reads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VALIDATE = ("validate", "-f", "good.yml")


def ran(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FAIRLEAD_", "LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT), "HOME": str(folder)} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "variables",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"LANG": "tlh_QO.UTF-8"},
        {"NO_COLOR": "1", "COLUMNS": "0", "LINES": "0"},
        {"COLUMNS": "-5", "TERM": "nonsense"},
        {"TERM": "dumb", "TZ": "Mars/Phobos"},
        {"HOME": "/nowhere", "FAIRLEAD_STATE_DIR": "/proc/nowhere"},
        {"TMPDIR": "/nowhere"},
    ],
    ids=str,
)
def test_odd_surroundings_change_no_verdict(folder: Path, variables: dict[str, str]) -> None:
    done = ran(folder, *VALIDATE, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert "valid" in done.stdout


def test_plain_language_shows_every_name(folder: Path) -> None:
    (folder / "named.yml").write_text((folder / "good.yml").read_text().replace("account:", "\u0430ccount:"))
    done = ran(folder, "validate", "-f", "named.yml", LC_ALL="C")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_nobody_who_reads_ends_it_quietly(folder: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m cli --help | true; echo done"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_closed_streams_end_it_with_a_code(folder: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m cli validate -f good.yml <&- >&- 2>&-"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert done.returncode in (0, 1)
