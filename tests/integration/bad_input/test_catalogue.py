"""Every row on every door of its kind: refused clearly, or accepted; nothing lost, nothing started by halves."""

import resource
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from tests.integration.bad_input.background import Background
from tests.integration.bad_input.catalogue import ROWS
from tests.integration.bad_input.doors import DOORS, Door, Place, Said, validate_file
from tests.integration.bad_input.row import Kind, Row
from tests.integration.bad_input.standing import Standing

CASES = tuple((row, door) for row in ROWS for door in DOORS[row.kind])

MOST_CPU_SECONDS = 1
"""Of client and server together: several times what any row needs, far below what a bomb takes."""
MOST_MEMORY = 128 * 1024 * 1024
"""A body may have 16 MiB, and is held more than once while it is unpacked and read."""


@pytest.mark.parametrize(("row", "door"), CASES, ids=[f"{row.id} {row.name} {door.__name__}" for row, door in CASES])
def test_row_on_door(
    background: Background,
    standing: Standing,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    row: Row,
    door: Door,
) -> None:
    with standing.world() as w:
        before = standing.kept()
        memory_before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        with capture_logs() as logged:
            asked = door(Place(w, folder, capsys), row)
            said = asked if isinstance(asked, Said) else background.do(asked)
        spent = time.process_time() - began
        assert spent < MOST_CPU_SECONDS
        lines = [*logged, *caplog.records]
        assert len(lines) <= 1, lines
        assert not any(one.get("exc_info") for one in logged), logged
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_before) * 1024 < MOST_MEMORY
        judge(replace(row, expects=()) if row.is_servers and door is validate_file else row, said)
        if not said.accepted:
            assert standing.kept() == before, "a refusal changes nothing"
        status, _ = background.do(w.call("GET", "/deployments"))
        assert status == 200, "and the next one is served"


def judge(row: Row, said: Said) -> None:
    assert "Traceback" not in said.text, said.text
    assert said.status < 500 or said.status == 501, said.text
    assert row.kind is not Kind.RAW or "access-control-allow" not in said.text.lower(), said.text
    if not row.expects:
        assert said.accepted, said.text
        return
    assert not said.accepted, said.text
    assert said.is_document, said.text
    is_command = said.status < 100
    if is_command and row.kind in (Kind.FILE, Kind.CONFIG):
        assert said.status == 2, said.text
    else:
        assert said.codes & set(row.expects), f"{sorted(said.codes)}: {said.text[:600]}"
