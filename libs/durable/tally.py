"""What a service counts of its messages: by an address from a short list, and what became of them."""

from collections.abc import Callable, Collection
from typing import Literal

from libs.messages.codec import MESSAGES
from libs.messages.subject import Parsed

Fate = Literal["done", "retried", "dead"]
"""Handled; failed, to be tried again; put aside for good. Each message is once done or dead, and retried any times."""

Settled = Callable[[str, Fate, float], None]
"""Told the address, what became of the message, and for how many seconds it was in hand."""

OTHER = "other"


def untold(_address: str, _fate: Fate, _seconds: float) -> None:
    """As `Settled`: nobody counts."""


def address_of(parsed: Parsed | None, nouns: Collection[str]) -> str:
    """A message's declared address, `due.<noun>` for a timer of one of `nouns`; whatever else was sent is `other`."""
    if parsed is None:
        return OTHER
    if parsed.kind == "due":
        return f"due.{parsed.noun}" if parsed.noun in nouns else OTHER
    return parsed.address if parsed.address in MESSAGES else OTHER
