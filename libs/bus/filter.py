"""Which subjects a filter stands for, by NATS's rules."""

import re
from collections.abc import Sequence
from functools import lru_cache


def matches_any(filters: Sequence[str], subject: str) -> bool:
    return any(matches(filter_, subject) for filter_ in filters)


def matches(filter_: str, subject: str) -> bool:
    """`*` stands for one token, `>` for the rest."""
    return _pattern(filter_).fullmatch(subject) is not None


@lru_cache(maxsize=4096)
def _pattern(filter_: str) -> re.Pattern[str]:
    tokens = ("[^.]+" if token == "*" else ".+" if token == ">" else re.escape(token) for token in filter_.split("."))
    return re.compile(r"\.".join(tokens))
