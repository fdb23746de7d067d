"""Every command shows how it is used."""

import io
from collections.abc import Iterator

import pytest
from cyclopts import App
from rich.console import Console

from cli.app import app


def commands(of: App, path: str = "") -> Iterator[tuple[str, App]]:
    for name in of:
        if name.startswith("-"):
            continue
        one, full = of[name], f"{path} {name}".strip()
        if one.default_command is None:
            yield from commands(one, full)
        else:
            yield full, one


@pytest.mark.parametrize("path", [path for path, _ in commands(app)])
def test_every_command_has_an_example(path: str) -> None:
    told = io.StringIO()
    app.help_print(path.split(), console=Console(file=told, width=200))
    assert f"fairlead {path}" in told.getvalue().partition("Example:")[2]


@pytest.mark.parametrize("command", ["up", "demo", "validate", "plan", "version", "sandbox"])
def test_server_is_shown_where_it_is_asked(command: str) -> None:
    told = io.StringIO()
    app.help_print([command], console=Console(file=told, width=200))
    assert "--server" not in told.getvalue()
    assert "--token" not in told.getvalue()


def test_up_says_where_things_are_kept() -> None:
    told = io.StringIO()
    app.help_print(["up"], console=Console(file=told, width=200))
    assert "FAIRLEAD_STATE_DIR" in told.getvalue()


def test_contract_names_are_commands() -> None:
    found = {path for path, _ in commands(app)}
    steering = "approve reject pause resume advance abort rollback abandon undo explain redeploy"
    assert {f"deploy {verb}" for verb in steering.split()} <= found
    assert {"plan", "doctor", "validate", "agent show", "template kubernetes canary"} <= found
