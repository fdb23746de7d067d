"""What an unquoted word means: strictly in the deployment file, as kubectl reads it in a manifest."""

import math
import re
from collections.abc import Callable

from libs.spec.tree.nodes import Scalar

Value = str | int | float | bool | None

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_KUBECTL_TRUE = _TRUE | {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
_KUBECTL_FALSE = _FALSE | {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}
_NOT_A_NUMBER = frozenset({".nan", ".NaN", ".NAN"})
_INFINITE = re.compile(r"[-+]?(\.inf|\.Inf|\.INF)")
_JSON_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_GO_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_GO_BASES = (16, 2, 8, 10)
_GO_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INT64 = range(-(2**63), 2**63)
# Python refuses to read integers of thousands of digits; anything this long is out of range for everyone.
_MOST_DIGITS = 400


def strict_value(scalar: Scalar) -> Value:
    """Words stay text (`no`, `on`, `012`, `12:30`); only what JSON calls a number is one."""
    return _value(scalar, _TRUE, _FALSE, _strict_number)


def _strict_number(text: str) -> Value:
    if _JSON_INTEGER.fullmatch(text) and len(text) <= _MOST_DIGITS:
        return int(text)
    if _JSON_NUMBER.fullmatch(text) or _is_special(text):
        return _float(text)
    return text


def kubectl_value(scalar: Scalar) -> Value:
    """`yes` is true, `012` is ten, `1_000` is a thousand, a date is text: a manifest means what it means to kubectl."""
    return _value(scalar, _KUBECTL_TRUE, _KUBECTL_FALSE, _go_number)


def _value(scalar: Scalar, true: frozenset[str], false: frozenset[str], number: Callable[[str], Value]) -> Value:
    text = scalar.text
    if not scalar.is_plain:
        return text
    if text in _NULLS:
        return None
    return text in true if text in true or text in false else number(text)


def _go_number(text: str) -> Value:
    if _is_special(text):
        return _float(text)
    if text[0] not in "+-.0123456789" or len(text) > _MOST_DIGITS:
        return text
    digits = text.replace("_", "")
    if whole := _GO_INTEGER.fullmatch(digits):
        return _go_integer(whole)
    if not _GO_FLOAT.fullmatch(digits):
        return text
    number = float(digits)
    return text if math.isinf(number) else _as_json(number)


def _go_integer(match: re.Match[str]) -> int | float:
    sign, *bases = match.groups()
    number = next(int(digits, base) for digits, base in zip(bases, _GO_BASES, strict=True) if digits)
    number = -number if sign == "-" else number
    return number if number in _INT64 else float(number)


def _as_json(number: float) -> int | float:
    """kubectl's number passes through JSON, where 3.0 is written 3."""
    return int(number) if number.is_integer() and int(number) in _INT64 else number


def _is_special(text: str) -> bool:
    return text in _NOT_A_NUMBER or _INFINITE.fullmatch(text) is not None


def _float(text: str) -> float:
    return float(text.replace(".", "", 1)) if _is_special(text) else float(text)
