"""Why a command ended, for whoever typed it."""

import sys

from cli.exits import Stop
from cli.harmless import harmless


def tell(stop: Stop) -> int:
    """Its exit code."""
    said = "\n".join([f"fairlead: {stop.message}", *(f"  {hint}" for hint in stop.hints)])
    sys.stderr.write(f"{harmless(said)}\n")
    return stop.code
