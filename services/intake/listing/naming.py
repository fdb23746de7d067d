"""Which deployments an id, or the beginning of one, can mean."""

import re

from libs.api.view import DeploymentSummary
from libs.runtime.problem import Problem, quoted
from services.intake.listing.index import Index, Query

LEAST = 3
"""Of an id: it begins with its application's partition, so fewer characters would soon mean several."""
MOST_TOLD = 20
_BEGINNING = re.compile(r"[0-9a-f-]{3,35}")


def named(index: Index, tenant: str, given: str) -> tuple[DeploymentSummary, ...]:
    """Those whose id begins so, newest first; none where the id is given whole, or is none."""
    beginning = given.lower()
    if not _BEGINNING.fullmatch(beginning):
        return ()
    return index.page(Query(tenant, beginning=beginning, limit=MOST_TOLD)).deployments


def ambiguous(given: str, fitting: tuple[DeploymentSummary, ...]) -> Problem:
    several = f"{MOST_TOLD} or more" if len(fitting) == MOST_TOLD else len(fitting)
    detail = f"{several} deployments have an id that begins with {quoted(given)}; name one"
    return Problem(409, detail, "ambiguous_id", {"deployments": fitting})
