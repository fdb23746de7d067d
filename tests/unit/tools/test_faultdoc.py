"""The page of faults names only what exists."""

from pathlib import Path

import pytest

from tools.faultdoc import faults_page

HEAD = "component\tfault\texpected\tshown\tmissing\n"


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    for folder in ("bench", "chaos", "simulation/checks", "unit"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "unit" / "test_it.py").write_text("async def test_one() -> None: ...\n\ndef helps() -> None: ...\n")
    (tmp_path / "chaos" / "nemesis.py").write_text("class Nemesis:\n    async def _kill_node(self) -> None: ...\n")
    (tmp_path / "simulation" / "checks" / "ended.py").write_text('"""INV-27."""\n')
    (tmp_path / "bench" / "timers.py").touch()
    return tmp_path


def page(tests: Path, *rows: str) -> str:
    (tests / "faults.tsv").write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return faults_page(tests)


def test_row_says_what_shows_it(tests: Path) -> None:
    shown = "unit/test_it.py::test_one simulation:store.lost promise:INV-27 chaos:kill_node bench:timers"
    told = (
        "`unit/test_it.py::test_one`, simulated `store.lost`, promise `INV-27`, struck `kill node`, measured `timers`"
    )
    assert f"| it dies | it lives | shown | {told} |  |" in page(tests, f"NATS\tit dies\tit lives\t{shown}\t")


def test_states_are_counted(tests: Path) -> None:
    rows = ("A\tx\ty\tbench:timers\t", "A\tx\ty\tbench:timers\tlarger", "B\tx\ty\t\t")
    assert "3 faults: 1 shown, 1 partly, 1 not." in page(tests, *rows)


@pytest.mark.parametrize(
    "name",
    [
        "unit/test_it.py::test_other",
        "unit/test_it.py::helps",
        "unit/test_it.py",
        "unit/test_that.py::test_one",
        "simulation:store.eaten",
        "promise:INV-99",
        "chaos:kill_everybody",
        "bench:patience",
        "rumour:one",
    ],
)
def test_name_that_leads_nowhere_stops_the_page(tests: Path, name: str) -> None:
    with pytest.raises(SystemExit, match=name):
        page(tests, f"A\tx\ty\tbench:timers {name}\t")
