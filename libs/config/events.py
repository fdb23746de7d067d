"""Which facts a notification rule can name, and whether a pattern means one."""

import functools
import re

from libs.config.model import APPROVAL_WANTED
from libs.messages.codec import MESSAGES

NOUNS = ("deployment", "rollout", "gate", "webhook", "analysis")

ADDRESSES = tuple(sorted(one for one in MESSAGES if one.startswith(tuple(f"evt.{noun}." for noun in NOUNS))))
"""Everything that is said about a deployment under way."""

EVENTS = (APPROVAL_WANTED, *(one.removeprefix("evt.") for one in ADDRESSES))


def fits(pattern: str, text: str) -> bool:
    """Whether a pattern, in which `*` stands for anything, means this text; in any case of letters."""
    return _compiled(pattern).fullmatch(text) is not None


def fits_any(patterns: tuple[str, ...], text: str) -> bool:
    """Without patterns everything fits."""
    return not patterns or any(fits(pattern, text) for pattern in patterns)


@functools.lru_cache(4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Several stars in a row mean one, and each is possessive up to its next word's first match: no text makes it slow.
    words = [re.escape(word) for word in re.split(r"\*+", pattern)]
    first, *rest = words
    middle, last = rest[:-1], rest[-1:]
    body = first + "".join(f"(?>.*?{word})" for word in middle) + "".join(f".*{word}" for word in last)
    return re.compile(body, re.DOTALL | re.IGNORECASE)
