"""A suggested command can be copied into a shell as it stands."""

import shlex
import sys

import pytest
from msgspec.structs import replace

from cli.program import command
from cli.showing.awaited import decision_command
from libs.api.view import Awaited
from tests.unit.cli.test_tree import ID, VIEW


@pytest.mark.parametrize("name", ["prod", "eu (canary)", "it's; rm -rf $HOME", "a\\b"])
def test_every_word_is_one_word(name: str) -> None:
    assert shlex.split(command("deploy", "undo", "--target", name))[-1] == name


def test_program_below_a_folder_with_a_space_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/my tools/fairlead"])
    assert command("doctor") == "'/opt/my tools/fairlead' doctor"


def test_decision_names_its_target_in_quotes() -> None:
    asking = tuple(Awaited(target=name, stage="before", step=0) for name in ("eu (canary)", "us"))
    view = replace(VIEW, awaiting=asking)
    assert decision_command("approve", view, asking[0]) == f"fairlead deploy approve {ID} --target 'eu (canary)'"
