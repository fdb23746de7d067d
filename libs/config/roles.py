"""Whether the roles that a client is to have mean anything here. Pure."""

from collections.abc import Iterable

from libs.auth.permissions import ORIGINAL_NAMES, SYSTEM_ROLES, Grants
from libs.spec.problems import quoted
from libs.spec.suggestion import suggestion

_LISTED = 20


def unknown_role(roles: Iterable[str], own: Grants) -> str:
    """What is wrong with the first that is neither ours nor one of the tenant's `own`; empty where all are known."""
    known = [*sorted(SYSTEM_ROLES), *sorted(own)]
    for role in roles:
        if role.lower() not in (*known, *ORIGINAL_NAMES):
            return f"no role {quoted(role)} is configured; {_hint(role, known)}"
    return ""


def _hint(role: str, known: list[str]) -> str:
    close = suggestion(role, known)
    listed = f"known: {', '.join(known[:_LISTED])}{', …' * (len(known) > _LISTED)}"
    return f"{close} {listed}" if close.startswith("did you mean") else close
