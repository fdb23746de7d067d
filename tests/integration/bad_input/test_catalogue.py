"""Every row on every door of its kind: refused clearly, or accepted; nothing lost, nothing started by halves."""

import os
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.integration.bad_input import command_line, http, names, strategies, syntax, templates, typing_
from tests.integration.bad_input.background import Background
from tests.integration.bad_input.doors import DOORS, Door, Place, Said, validate_file
from tests.integration.bad_input.row import FILE, Kind, Row
from tests.integration.conftest import Ports, _memory
from tests.integration.intake.world import World, world

GROUPS = (syntax, typing_, strategies, names, templates, http, command_line)
ROWS = tuple(row for group in GROUPS for row in group.ROWS)
CASES = [pytest.param(row, door, id=f"{row.id} {row.name} {door.__name__}") for row in ROWS for door in DOORS[row.kind]]

KEPT = ["state.>", "cmd.>"]
MOST_CPU_SECONDS = 5
"""Far above what any row needs and far below what a bomb takes."""
MOST_MEMORY = 256 * 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "good.yml").write_text(FILE)
    (tmp_path / "names-missing.yml").write_text(
        "application: a\ntargets: {a: {account: b}}\nmanifests: [{path: nowhere}]\n"
    )
    (tmp_path / "names-fifo.yml").write_text("application: a\ntargets: {a: {account: b}}\nmanifests: [{path: fifo}]\n")
    with (tmp_path / "large.yml").open("wb") as large:
        large.truncate(2 * 1024**3)
    return tmp_path


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Ports, World]]:
    async with _memory() as ports, world(ports.store, ports.bus) as w:
        yield ports, w


@pytest.mark.parametrize(("row", "door"), CASES)
def test_row_on_door(
    background: Background, folder: Path, capsys: pytest.CaptureFixture[str], row: Row, door: Door
) -> None:
    with background.entered(opened) as (ports, w):
        before = background.do(ports.store.lasts(KEPT))
        memory_before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        asked = door(Place(w, folder, capsys), row)
        said = asked if isinstance(asked, Said) else background.do(asked)
        assert time.process_time() - began < MOST_CPU_SECONDS
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_before) * 1024 < MOST_MEMORY
        judge(replace(row, expects=()) if row.is_servers and door is validate_file else row, said)
        if not said.accepted:
            assert background.do(ports.store.lasts(KEPT)) == before, "a refusal changes nothing"
        status, _ = background.do(w.call("GET", "/deployments"))
        assert status == 200, "and the next one is served"


def judge(row: Row, said: Said) -> None:
    assert "Traceback" not in said.text, said.text
    assert said.status < 500 or said.status == 501, said.text
    if not row.expects:
        assert said.accepted, said.text
        return
    assert not said.accepted, said.text
    assert said.is_document, said.text
    is_command = said.status < 100
    if is_command and row.kind is Kind.FILE:
        assert said.status == 2, said.text
    else:
        assert said.codes & set(row.expects), f"{sorted(said.codes)}: {said.text[:600]}"
