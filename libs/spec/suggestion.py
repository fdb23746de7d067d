"""What somebody meant who wrote a word that is not known. Pure."""

import difflib
from collections.abc import Iterable
from itertools import islice

_COMPARED = 100
_LISTED = 12
_SHOWN = 60


def suggestion(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words, or the likeliest of them; `…` says that there are more."""
    words = list(islice(known, _COMPARED + 1))
    close = _closest(word, words)
    if close or not words:
        return f"did you mean {close[:_SHOWN]}?" if close else ""
    likely = sorted(words, key=lambda one: (-_likeness(word, one), one))
    return f"known: {', '.join(likely[:_LISTED])}{', …' * (len(words) > _LISTED)}"


def _closest(word: str, words: list[str]) -> str:
    same = [one for one in words if one.casefold() == word.casefold()]
    close = same or difflib.get_close_matches(word[:_SHOWN], words, n=1, cutoff=0.6)
    return close[0] if close else ""


def _likeness(word: str, known: str) -> float:
    return difflib.SequenceMatcher(None, known, word[:_SHOWN]).ratio()
