"""The list of deployments, on terminals of any width."""

import io
from datetime import UTC, datetime

import pytest

from cli.options import Options
from cli.output import Output
from cli.showing.listing import table
from libs.api.view import DeploymentList, DeploymentSummary

ID = "00000000-0000-8000-8000-00000000000a"
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
REASON = "prod: the pods of web are not ready: ErrImagePull"


def drawn(width: int, application: str = "shop") -> list[str]:
    one = DeploymentSummary(ID, application, "succeeded", 1, "machine.main.ci", AT, AT, REASON)
    output = Output(Options(), io.StringIO())
    output.console.width = width
    output.result(one, table(DeploymentList((one,), 1), width))
    return output.console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", [50, 60, 80, 100, 120, 200])
def test_what_is_copied_is_whole(width: int) -> None:
    assert drawn(width)[1].split()[:3] == [ID, "shop", "succeeded"]


def test_long_name_is_whole() -> None:
    assert drawn(80, "a" * 60)[1].split()[:2] == [ID, "a" * 60]


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (50, ["ID", "APPLICATION", "PHASE"]),
        (90, ["ID", "APPLICATION", "PHASE", "REASON"]),
        (107, ["ID", "APPLICATION", "PHASE", "STARTED (UTC)", "REASON"]),
        (120, ["ID", "APPLICATION", "PHASE", "STARTED (UTC)", "BY", "REASON"]),
    ],
)
def test_least_needed_goes_first(width: int, columns: list[str]) -> None:
    assert [name for name in columns if name in drawn(width)[0]] == columns
    assert ("BY" in drawn(width)[0].split()) == ("BY" in columns)


def test_reason_is_folded() -> None:
    lines = drawn(90)
    assert " ".join(line[60:].strip() for line in lines[1:]).split() == REASON.split()


def test_nothing_is_a_header() -> None:
    assert table(DeploymentList((), 1), 80).row_count == 0
