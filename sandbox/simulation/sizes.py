"""How many pods may a Deployment have, and how many may it lack, while it moves from one version to the next?"""

from math import ceil, floor
from typing import Any

from sandbox.objects.json import Object, at, number, text


def wanted_of(value: Object) -> int:
    return number(value, "spec", "replicas", default=1)


def sizes(sets: list[Object]) -> int:
    return sum(wanted_of(found) for found in sets)


def is_recreated(deployment: Object) -> bool:
    return text(deployment, "spec", "strategy", "type") == "Recreate"


def share_of(value: Any, whole: int, *, up: bool) -> int:
    """A count, or a percentage of the whole."""
    if isinstance(value, int):
        return value
    told = str(value or "0").removesuffix("%")
    part = (int(told) if told.isdigit() else 0) * whole / 100
    return ceil(part) if up else floor(part)


def surge_of(deployment: Object) -> int:
    if is_recreated(deployment):
        return 0
    return share_of(at(deployment, "spec", "strategy", "rollingUpdate", "maxSurge"), wanted_of(deployment), up=True)


def lack_of(deployment: Object) -> int:
    whole = wanted_of(deployment)
    lack = share_of(at(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable"), whole, up=False)
    return min(whole, 1 if lack == 0 and surge_of(deployment) == 0 else lack)
