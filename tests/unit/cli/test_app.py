"""How a command's end is told."""

import pytest

from cli.app import _unforeseen


@pytest.mark.parametrize(
    ("error", "message", "is_reported"),
    [
        (PermissionError(13, "Permission denied", "/var/x"), "/var/x: Permission denied", False),
        (ValueError("no"), "something unforeseen happened: ValueError: no", True),
        (OSError("no"), "something unforeseen happened: OSError: no", True),
    ],
)
def test_trouble_with_a_file_names_it(error: Exception, message: str, is_reported: bool) -> None:
    stop = _unforeseen(error)
    assert (stop.message, any("report" in hint for hint in stop.hints)) == (message, is_reported)
