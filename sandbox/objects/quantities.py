"""How much is `500m` or `2Gi`? Quantities as exact numbers, and back in their shortest plain form."""

import re
from fractions import Fraction
from typing import Any

_FORM = re.compile(r"([+-]?\d{1,18}(?:\.\d{1,9})?)(?:e([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)")
_SMALL = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
_LARGE = {letter: Fraction(1000 ** (place + 1)) for place, letter in enumerate("kMGTPE")}
_BINARY = {f"{letter}i": Fraction(1024 ** (place + 1)) for place, letter in enumerate("KMGTPE")}
_UNITS = _SMALL | _LARGE | _BINARY


def amount(quantity: Any) -> Fraction:
    """Nothing where it cannot be read: whoever wrote it was told so."""
    found = _FORM.fullmatch(str(quantity))
    if found is None:
        return Fraction(0)
    digits, exponent, unit = found.groups()
    return Fraction(digits) * (Fraction(10) ** int(exponent) if exponent else _UNITS.get(unit or "", Fraction(1)))


def spelled(number: Fraction) -> str:
    """Whole where it is whole, else in thousandths; binary units where they fit exactly and the number is large."""
    if number.denominator != 1:
        return f"{-(-number * 1000 // 1)}m"
    whole = int(number)
    for unit, size in sorted(_BINARY.items(), key=lambda item: -item[1]):
        if whole and whole % int(size) == 0:
            return f"{whole // int(size)}{unit}"
    return str(whole)
