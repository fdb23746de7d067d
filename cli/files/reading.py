"""The text of a file that a person named, or of standard input."""

import sys
from pathlib import Path

from cli.exits import Exit, Stop

STDIN = "-"


def shown(file: str | Path) -> str:
    return "standard input" if file == STDIN else str(file)


def text_of(file: str | Path, most_bytes: int) -> str:
    """A path is that of a file, whatever its name; of what was typed, `-` is standard input."""
    name = shown(file)
    try:
        content = sys.stdin.buffer.read(most_bytes + 1) if file == STDIN else _content(Path(file), most_bytes)
        if len(content) > most_bytes:
            raise Stop(Exit.WRONG, f"{name} is larger than {most_bytes} bytes")
        return content.decode()
    except UnicodeDecodeError as error:
        raise Stop(Exit.WRONG, f"{name} is not UTF-8 text", "save it as UTF-8") from error
    except OSError as error:
        raise Stop(
            Exit.WRONG, f"{name} cannot be read: {error.strerror}", "name a file that is there and readable"
        ) from error


def _content(path: Path, most_bytes: int) -> bytes:
    """Of a regular file: a device may never end, and a pipe may never begin."""
    if path.is_dir():
        raise Stop(Exit.WRONG, f"{path} is a folder, not a file")
    if path.exists() and not path.is_file():
        pipe = "to read a pipe, write -f - and hand it to standard input"
        raise Stop(Exit.WRONG, f"{path} is not a regular file", pipe)
    with path.open("rb") as file:
        return file.read(most_bytes + 1)
