"""How a secret may look in what comes back: as it is, or written for a URL, for JSON, or in base64. Pure."""

import base64
import json
from collections.abc import Iterable, Sequence
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_TELLING = 6
"""A shorter value is found in any text once it is encoded: only its plain form is masked."""


def forms(values: Iterable[str]) -> tuple[str, ...]:
    """Everything to look for, the longest first, so that no part of one stays when another is masked."""
    found = {form for value in values if value for form in _forms(value)}
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


def masked(text: str, looked_for: Sequence[str]) -> str:
    for form in looked_for:
        text = text.replace(form, HIDDEN)
    return text


def _forms(value: str) -> set[str]:
    if len(value) < _TELLING:
        return {value}
    written = {value, value.strip(), quote(value), quote(value, safe=""), quote_plus(value)}
    escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    return {form for form in written | escaped | _in_base64(value.encode()) if form}


def _in_base64(value: bytes) -> set[str]:
    """What of the value shows in base64, at each of the three places where it may begin in a group."""
    found = set[str]()
    for shift in range(3):
        start, end = (shift * 8 + 5) // 6, (shift + len(value)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(bytes(shift) + value).decode()[start:end])
    return {form for form in found if len(form) >= _TELLING}
