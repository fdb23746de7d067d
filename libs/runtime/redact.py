"""What must not appear in a log line: fields whose names look secret, and credentials inside text."""

import re
from collections.abc import Mapping, Sequence

from libs.runtime.secret import Secret

HIDDEN = "***"
_DEPTH = 6
_TEXT = 16 * 1024

_SECRET_KEY = re.compile(
    r"passw|secret|credential|authoriz|cookie|api_?key|private_?key|sealing_?key|assertion"
    r"|(^|_)(token|jwt|bearer)$|(access|refresh|id)_?token",
    re.IGNORECASE,
)
# No pattern may start inside what another start of it has already run over: a long line would take minutes.
_CREDENTIALS = (
    (re.compile(r"\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"(://)[^/@\s]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"((?:token|secret|passw\w{0,8}|signature|api_?key)=)[^&\s\"']+", re.IGNORECASE), rf"\1{HIDDEN}"),
)


def redacted(key: str, value: object, depth: int = 0) -> object:
    """`value` as it may be shown under this name."""
    if isinstance(value, Secret) or (value and _SECRET_KEY.search(key.replace("-", "_"))):
        return HIDDEN
    if isinstance(value, str):
        return text(value)
    if depth >= _DEPTH:
        return text(repr(value)) if isinstance(value, Mapping | list | tuple | set | frozenset) else value
    return _inside(key, value, depth + 1)


def text(value: str) -> str:
    """Free text without the credentials in it, cut to a length that a log can carry."""
    # Twice what is shown is searched, so that nothing shown is the beginning of a credential cut in two.
    shown = value[: 2 * _TEXT]
    for pattern, replacement in _CREDENTIALS:
        shown = pattern.sub(replacement, shown)
    return shown if len(shown) <= _TEXT else f"{shown[:_TEXT]}… ({len(value)} characters)"


def _inside(key: str, value: object, depth: int) -> object:
    if isinstance(value, Mapping):
        return {str(name): redacted(str(name), inner, depth) for name, inner in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray | memoryview):
        return [redacted(key, inner, depth) for inner in value]
    return value
