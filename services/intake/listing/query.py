"""What a request says besides its body: headers and query parameters, each within its limits."""

import re
from datetime import datetime

from aiohttp import web

from libs.deployment.state import Phase
from libs.runtime.problem import Problem, quoted
from services.intake.listing.index import ACTIVE, MOST_PAGE, PAGE, Query
from services.intake.showing.view import ACCEPTED

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_BEGINNING = re.compile(r"[0-9A-Fa-f-]{0,36}")
_KNOWN = frozenset({"id", "application", "phase", "by", "since", "limit", "cursor"})
_PHASES = (ACTIVE, ACCEPTED, *(str(phase) for phase in Phase if phase is not Phase.ABSENT))


def idempotency_key(request: web.Request) -> str:
    """Empty where the client sent none."""
    given = request.headers.getall("Idempotency-Key", [])
    if not given:
        return ""
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Problem(400, "Idempotency-Key takes 1 to 255 printable characters without spaces, once")
    return str(given[0])


def last_event_id(request: web.Request) -> str:
    """A browser repeats the id in a header; who opens a stream by hand may name it in the address."""
    return str(request.headers.get("Last-Event-ID") or request.query.get("after", ""))[:64]


def list_query(request: web.Request, tenant: str) -> Query:
    if unknown := sorted(set(request.query) - _KNOWN):
        raise Problem(400, f"this list takes {', '.join(sorted(_KNOWN))}, not {quoted(unknown[0])}")
    if twice := next((name for name in request.query if len(request.query.getall(name)) > 1), ""):
        raise Problem(400, f"{twice} is given twice; each may be given once")
    return Query(
        tenant=tenant,
        application=request.query.get("application", ""),
        phase=_phase(request.query.get("phase", "")),
        by=request.query.get("by", ""),
        beginning=_beginning(request.query.get("id", "")),
        since=_since(request.query.get("since", "")),
        limit=_limit(request.query.get("limit", str(PAGE))),
        cursor=request.query.get("cursor", ""),
    )


def _phase(text: str) -> str:
    if text and text not in _PHASES:
        raise Problem(400, f"phase takes one of {', '.join(_PHASES)}, not {quoted(text)}")
    return text


def _beginning(text: str) -> str:
    if not _BEGINNING.fullmatch(text):
        raise Problem(400, f"id takes the beginning of a deployment's id, not {quoted(text)}")
    return text.lower()


def _since(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(400, f"since takes a time like 2026-05-01T12:00:00Z, not {quoted(text)}")
    return at


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= MOST_PAGE):
        raise Problem(400, f"limit takes a whole number from 1 to {MOST_PAGE}, not {quoted(text)}")
    return int(text)
