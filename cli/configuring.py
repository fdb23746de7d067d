"""The configuration, printed so that it can be applied again, and applied from a file."""

import sys
from pathlib import Path

import msgspec

from cli.client import Client
from cli.exits import Exit, Stop
from cli.output import Output, formatted
from libs.api.config import ApplyConfig, ConfigApplied, ConfigView

MOST_BYTES = 256 * 1024


async def show(client: Client, output: Output) -> Exit:
    view = await client.get("/config", ConfigView)
    config = _without_empty(msgspec.to_builtins(view.config))
    output.result(config, formatted(config, "yaml").rstrip("\n"))
    return Exit.DONE


async def apply(client: Client, output: Output, text: str, *, revision: str, is_trial: bool) -> Exit:
    done = await client.put("/config", ApplyConfig(text, is_trial), ConfigApplied, revision)
    for warning in done.warnings:
        output.note(f"warning: {warning}", "yellow")
    output.result(done, _told(done))
    if done.notice:
        output.note(done.notice, "yellow")
    return Exit.DONE


def text_of(file: str) -> str:
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if file == "-" else _read(Path(file))
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Stop(Exit.WRONG, f"{file} is not UTF-8 text", "save it as UTF-8") from error
    except OSError as error:
        raise Stop(Exit.WRONG, f"{file} cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise Stop(Exit.WRONG, f"{file} is larger than {MOST_BYTES} bytes")
    return text


def _read(path: Path) -> bytes:
    """Of a regular file: a device may never end, and a pipe may never begin."""
    if path.exists() and not path.is_file():
        raise Stop(Exit.WRONG, f"{path} is not a file", "to read a pipe, write -f - and hand it to standard input")
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _told(done: ConfigApplied) -> str:
    would = "Would have " if done.dry_run else ""
    lines = [f"{would}{_word(one.done, would)} {one.what}: {one.name}" for one in done.changes if one.done != "kept"]
    return "\n".join(lines) or "Nothing changed"


def _word(done: str, would: str) -> str:
    if done == "unchanged":
        return "left" if would else "Unchanged"
    return done if would else done.capitalize()


def _without_empty(config: dict[str, object]) -> dict[str, object]:
    """Roles are always shown: that there are none is worth knowing. Other sections only where something is in them."""
    return {name: value for name, value in config.items() if value or name == "roles"}
