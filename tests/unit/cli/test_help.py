"""Every command shows how it is used."""

from collections.abc import Iterator

import pytest
from cyclopts import App

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


@pytest.mark.parametrize(("path", "command"), [pytest.param(path, one, id=path) for path, one in commands(app)])
def test_every_command_has_an_example(path: str, command: App) -> None:
    assert command.default_command is not None
    assert f"fairlead {path}" in (command.default_command.__doc__ or "").partition("Example:")[2]


def test_contract_names_are_commands() -> None:
    found = {path for path, _ in commands(app)}
    steering = {"approve", "reject", "pause", "resume", "advance", "abort", "rollback", "undo", "explain", "redeploy"}
    assert {f"deploy {verb}" for verb in steering} <= found
    assert {"plan", "doctor", "validate", "agent show", "template kubernetes canary"} <= found
