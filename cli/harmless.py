"""What others wrote, as a person may see it: no character in it commands the terminal."""

import re

_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What moves the cursor, colours, renames the window or turns the writing."""


def harmless(text: str) -> str:
    return _COMMANDS.sub("\ufffd", text)


def escaped(document: str) -> str:
    """The same for JSON, which has its own way to write such a character: what reads it loses nothing."""
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", document)
