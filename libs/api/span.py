"""A length of time as a person reads it: at most two units, and none of them zero. Pure."""

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def span(seconds: float) -> str:
    """`45 s`, `15 min`, `1 h 30 min`; less than nothing is nothing."""
    left = max(0, round(seconds))
    biggest = next((at for at, (_, size) in enumerate(_UNITS) if left >= size), len(_UNITS) - 1)
    parts = []
    for name, size in _UNITS[biggest : biggest + 2]:
        count, left = divmod(left, size)
        parts.append(f"{count} {name}" if count else "")
    return " ".join(part for part in parts if part) or "0 s"
