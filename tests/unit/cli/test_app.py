"""How a command's end is told."""

import pytest

from cli.app import unforeseen
from cli.exits import Exit, Stop
from cli.telling import tell


@pytest.mark.parametrize(
    ("error", "message", "is_reported"),
    [
        (PermissionError(13, "Permission denied", "/var/x"), "/var/x: Permission denied", False),
        (ValueError("no"), "something unforeseen happened: ValueError: no", True),
        (OSError("no"), "something unforeseen happened: OSError: no", True),
    ],
)
def test_trouble_with_a_file_names_it(error: Exception, message: str, is_reported: bool) -> None:
    stop = unforeseen(error)
    assert (stop.message, any("report" in hint for hint in stop.hints)) == (message, is_reported)


def test_servers_words_do_not_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(Stop(Exit.FAILED, "a\x1b[2Jb", "c\x9bd")) == 1
    assert capsys.readouterr().err == "fairlead: a\ufffd[2Jb\n  c\ufffdd\n"
