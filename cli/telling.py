"""Why a command ended, for whoever typed it."""

import sys

from cli.exits import Stop
from cli.harmless import harmless


def tell(stop: Stop) -> int:
    """Its exit code."""
    sys.stderr.write(_document(stop) if stop.format != "text" else _sentence(stop))
    return stop.code


def _sentence(stop: Stop) -> str:
    said = "\n".join([f"fairlead: {stop.message}", *(f"  {hint}" for hint in stop.hints)])
    return f"{harmless(said)}\n"


def _document(stop: Stop) -> str:
    from cli.output import formatted

    return formatted(stop.problem, stop.format)
