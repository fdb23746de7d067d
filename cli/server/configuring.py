"""The configuration, printed so that it can be applied again, and applied from a file."""

import msgspec

from cli.exits import Exit
from cli.output import Output, formatted
from cli.server.client import Client
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
