"""`k=v,k2=v2` as people give context on the command line."""

from collections.abc import Iterable

from cli.exits import Exit, Stop


def pairs(given: Iterable[str]) -> dict[str, str]:
    """Later ones win. A comma ends a value only where a new pair follows it."""
    found: dict[str, str] = {}
    for text in given:
        key = ""
        for piece in text.split(","):
            name, equals, value = piece.partition("=")
            if equals:
                key = _name(name, text)
                found[key] = value
            elif key:
                found[key] += f",{piece}"
            else:
                raise _wrong(text)
    return found


def _name(name: str, text: str) -> str:
    if not name.strip():
        raise _wrong(text)
    return name.strip()


def _wrong(text: str) -> Stop:
    return Stop(Exit.WRONG, f"{text!r} is not context", "write --add-context name=value,other=value")
