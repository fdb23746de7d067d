"""What others wrote reaches the terminal as text, never as a command to it."""

import io

import pytest
import yaml
from rich.console import Group
from rich.text import Text
from rich.tree import Tree

from cli.options import Options
from cli.output import Output, formatted

EVIL = "a\x1b]0;evil\x07b\x1b[2Jc\x9b31md\r\u202ee\x00"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("file", [io.StringIO, Terminal])
def test_no_text_commands_the_terminal(file: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    output = Output(Options(no_color=True), file(), file())
    tree = Tree(Text(EVIL))
    tree.add(EVIL)
    output.result(None, Group(tree, Text(EVIL)))
    output.line(EVIL)
    output.note(EVIL)
    for console in (output.console, output.errors):
        shown = console.file
        assert isinstance(shown, io.StringIO)
        assert "evil" in shown.getvalue()
        assert not set("\x1b\x07\x9b\r\u202e\x00") & set(shown.getvalue())


def test_our_own_colours_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    file = Terminal()
    Output(Options(), file, io.StringIO()).result(None, Text("done", "green"))
    assert "\x1b[32mdone" in file.getvalue()


@pytest.mark.feature("F163")
@pytest.mark.parametrize("style", ["json", "yaml"])
def test_documents_keep_every_character_and_command_nothing(style: str) -> None:
    text = formatted({"name": EVIL}, style)
    assert yaml.safe_load(text) == {"name": EVIL}
    assert not set("\x1b\x07\x9b\r\u202e\x00") & set(text)
