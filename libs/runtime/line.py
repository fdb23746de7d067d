"""A text from outside as people may be shown it: one line, short, without what cannot be seen."""

import re

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
"""Control characters, and what has no width or turns the direction of writing."""


def one_line(text: str, most: int) -> str:
    """At most so many characters. Mask secrets before: no half of one may be left."""
    line = _UNSEEN.sub(" ", text).strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"
