"""The list of deployments, kept in memory from the last record of each: which there are, and how far."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from libs.api.view import ENDED, DeploymentList, DeploymentSummary
from libs.deployment.state import Deployment
from libs.messages.subject import Key
from services.intake.accepting.acceptance import Submission
from services.intake.showing.view import phase_of

MOST = 20_000
"""The newest are kept; older ones are still found by their id."""
PAGE = 50
MOST_PAGE = 500
ACTIVE = "active"
"""Asks for every phase that is not an end."""


class Query(Struct, frozen=True):
    tenant: str
    application: str = ""
    phase: str = ""
    """A phase, or `ACTIVE`."""
    by: str = ""
    beginning: str = ""
    """Of the id."""
    since: datetime | None = None
    """Only what was started at this time or later."""
    limit: int = PAGE
    cursor: str = ""


class Index:
    """By the sequence at which each was accepted; records come in the stream's order, so the dictionary is in order."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], int] = {}
        self._summaries: dict[int, tuple[str, DeploymentSummary]] = {}
        self.revision = 0

    def accepted(self, key: Key, submission: Submission, at: datetime, sequence: int) -> None:
        summary = DeploymentSummary(
            id=key.deployment,
            application=submission.application,
            phase=phase_of(Deployment()),
            revision=sequence,
            by=submission.by,
            started_at=at,
        )
        self._places[key.tenant, key.deployment] = sequence
        self._summaries[sequence] = (key.tenant, summary)
        self.revision = max(self.revision, sequence)
        self._forget_oldest()

    def moved(self, key: Key, deployment: Deployment, at: datetime, sequence: int) -> None:
        self.revision = max(self.revision, sequence)
        place = self._places.get((key.tenant, key.deployment))
        if place is None:
            return
        phase = phase_of(deployment)
        tenant, summary = self._summaries[place]
        if sequence <= summary.revision:
            return
        ended = at if phase in ENDED else None
        moved = replace(summary, phase=phase, revision=sequence, ended_at=ended, reason=deployment.reason)
        self._summaries[place] = (tenant, moved)

    def page(self, query: Query) -> DeploymentList:
        """`ValueError` for a cursor that is not one of ours."""
        before = _sequence(query.cursor) if query.cursor else None
        found: list[tuple[int, DeploymentSummary]] = []
        for place in reversed(self._summaries):
            if (before is None or place < before) and self._matches(place, query):
                found.append((place, self._summaries[place][1]))
            if len(found) > query.limit:
                break
        shown = found[: query.limit]
        cursor = _cursor(shown[-1][0]) if len(found) > query.limit else ""
        return DeploymentList(tuple(summary for _, summary in shown), self.revision, cursor)

    def successes_before(self, tenant: str, application: str, deployment: str) -> list[str]:
        """The successes of an application that are older than a deployment of it, newest first."""
        before = self._places.get((tenant, deployment), 0)
        query = Query(tenant, application, "succeeded")
        places = (place for place in reversed(self._summaries) if place < before and self._matches(place, query))
        return [self._summaries[place][1].id for place in places]

    def _matches(self, place: int, query: Query) -> bool:
        tenant, summary = self._summaries[place]
        if tenant != query.tenant or query.application not in ("", summary.application):
            return False
        if not summary.id.startswith(query.beginning):
            return False
        if query.by not in ("", summary.by) or (query.since and summary.started_at < query.since):
            return False
        active = query.phase == ACTIVE and summary.phase not in ENDED
        return active or query.phase in ("", summary.phase)

    def _forget_oldest(self) -> None:
        if len(self._summaries) > MOST:
            oldest = next(iter(self._summaries))
            tenant, summary = self._summaries.pop(oldest)
            self._places.pop((tenant, summary.id), None)


def _cursor(place: int) -> str:
    return urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def _sequence(cursor: str) -> int:
    return int(urlsafe_b64decode(cursor[:64] + "=" * (-len(cursor[:64]) % 4)))
