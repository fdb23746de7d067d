"""Which subjects a filter stands for, by NATS's rules, and what a server takes."""

import re
from collections.abc import Sequence
from functools import lru_cache

from libs.durable.ports import MAX_PACKET_BYTES


def require_apart(filters: Sequence[str]) -> None:
    """`ValueError` where the server would refuse: no filter at all, or two for which one subject could stand."""
    _require_apart(tuple(filters))


@lru_cache(maxsize=4096)
def _require_apart(filters: tuple[str, ...]) -> None:
    if not filters:
        raise ValueError("no filter: say what is wanted")
    for number, one in enumerate(filters):
        for other in filters[:number]:
            if _overlap(one.split("."), other.split(".")):
                raise ValueError(f"the filters {other} and {one} overlap")


def require_fits(subject: str, data: bytes) -> None:
    if len(data) > MAX_PACKET_BYTES:
        raise ValueError(f"{subject} has {len(data)} bytes, more than {MAX_PACKET_BYTES}")


def matches_any(filters: Sequence[str], subject: str) -> bool:
    return _matches_any(tuple(filters), subject)


def matches(filter_: str, subject: str) -> bool:
    """`*` stands for one token, `>` for the rest."""
    return _matches_any((filter_,), subject)


@lru_cache(maxsize=16_384)
def _matches_any(filters: tuple[str, ...], subject: str) -> bool:
    return _pattern(filters).fullmatch(subject) is not None


def _overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    for mine, theirs in zip(one, other, strict=False):
        if ">" in (mine, theirs):
            return True
        if mine != theirs and "*" not in (mine, theirs):
            return False
    return len(one) == len(other)


@lru_cache(maxsize=4096)
def _pattern(filters: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_expression, filters)) or r"(?!)")


def _expression(filter_: str) -> str:
    tokens = ("[^.]+" if token == "*" else ".+" if token == ">" else re.escape(token) for token in filter_.split("."))
    return r"\.".join(tokens)
