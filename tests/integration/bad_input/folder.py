"""The folder in which a command line works: files of every unpleasant kind."""

import os
from pathlib import Path

from tests.integration.bad_input.row import FILE

_NAMES = "application: a\ntargets: {a: {account: b}}\nmanifests: [{path: %s}]\n"


def prepared(folder: Path) -> Path:
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    (folder / "loop").symlink_to("loop")
    (folder / "good.yml").write_text(FILE)
    (folder / "names-missing.yml").write_text(_NAMES % "nowhere")
    (folder / "names-fifo.yml").write_text(_NAMES % "fifo")
    (folder / "names-itself.yml").write_text(_NAMES % "names-itself.yml")
    (folder / "empty").write_bytes(b"")
    (folder / "bytes").write_bytes(bytes(range(256)))
    with (folder / "large.yml").open("wb") as large:
        large.truncate(2 * 1024**3)
    return folder
